/** Looking for words in words. The same rules hold for what is known and for what is drawn. */

/** As long a question is taken. */
export const LONGEST = 400;

/**
 * What fits `query`: letter by letter, any run of white space fitting any other; `null` where nothing is asked for.
 */
export function pattern(query: string, matchCase: boolean): RegExp | null {
  const words = query.slice(0, LONGEST);
  if (!words.trim()) return null;
  const source = words
    .split(/\s+/)
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
    .join("\\s+");
  return new RegExp(source, matchCase ? "gu" : "giu");
}

export const countIn = (text: string, wanted: RegExp): number => [...text.matchAll(wanted)].length;
