/** Code in coloured pieces, and in chunks of lines that do not change any more. */
export type TokenKind = "key" | "str" | "num" | "com" | "fn" | "ins" | "del";
export type Token = { kind: TokenKind | null; text: string };

/** Some lines. All but the last chunk of a growing text are final. */
export type Chunk = { at: number; text: string; lines: number; columns: number };

/** A chunk ends at the first blank line after this many… */
const FEWEST = 24;
/** …and at any line after this many. */
const MOST = 60;
const TAB = 2;

/** Cuts `code` into chunks; those of `before` that were final stay the same objects. */
export function chunks(before: readonly Chunk[], code: string): readonly Chunk[] {
  const kept = before.slice(0, -1);
  const known = before.at(-1);
  // The last one began where it did because what is before it was the same text.
  let at = known && goesOn(kept, known, code) ? known.at : 0;
  const all = at > 0 ? kept : [];
  const found: Chunk[] = [...all];
  while (at < code.length || found.length === 0) {
    const chunk = chunkAt(code, at);
    found.push(chunk);
    at += chunk.text.length;
    if (chunk.text.length === 0) break;
  }
  return found;
}

/** Whether `code` still begins as these chunks do: the ends are enough to tell a text that grew from another one. */
function goesOn(kept: readonly Chunk[], known: Chunk, code: string): boolean {
  const last = kept.at(-1);
  const first = kept[0];
  return (
    code.startsWith(known.text.replace(/\n$/, ""), known.at) &&
    (!last || code.startsWith(last.text, last.at)) &&
    (!first || code.startsWith(first.text))
  );
}

function chunkAt(code: string, at: number): Chunk {
  let end = at;
  let lines = 0;
  let columns = 0;
  while (end < code.length) {
    const found = code.indexOf("\n", end);
    const next = found < 0 ? code.length : found + 1;
    columns = Math.max(columns, width(code, end, next));
    lines += 1;
    const blank = next - end <= 1;
    end = next;
    if (lines >= MOST || (blank && lines >= FEWEST)) break;
  }
  return { at, text: code.slice(at, end), lines, columns };
}

/** Columns that a line takes, counted generously. */
function width(code: string, from: number, to: number): number {
  let columns = 0;
  for (let i = from; i < to; i++) {
    const unit = code.charCodeAt(i);
    columns += unit === 9 ? TAB : unit > 0x1100 ? 2 : 1;
  }
  return columns;
}
