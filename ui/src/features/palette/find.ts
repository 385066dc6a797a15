/** What a few typed letters mean. */
import type { PaletteEntry } from "./Palette";

export type Found = {
  entry: PaletteEntry;
  group: string;
  /** Where the title was matched. */
  marks: readonly (readonly [number, number])[];
};

const MOST_CONVERSATIONS = 200;

/**
 * Entries that fit, the best first in each group. Without words: what was used last, then everything. `>` leaves only
 * commands.
 */
export function find(entries: readonly PaletteEntry[], recent: readonly string[], query: string): Found[] {
  const onlyCommands = query.startsWith(">");
  const words = query.replace(/^>/, "").toLowerCase().split(/\s+/).filter(Boolean);
  const asked = onlyCommands ? entries.filter(({ group }) => group === "Commands") : entries;
  if (words.length === 0) {
    const used = recent.flatMap((id) => asked.filter((entry) => entry.id === id));
    const others = asked.filter((entry) => !used.includes(entry));
    const bare = (group?: string) => (entry: PaletteEntry) => ({
      entry,
      group: group ?? entry.group,
      marks: [],
    });
    return [...used.map(bare("Recent")), ...capped(others).map(bare())];
  }
  const found = asked.flatMap((entry) => {
    const fit = match(entry.title, entry.hint ?? "", words);
    return fit ? [{ entry, group: entry.group, ...fit }] : [];
  });
  const groups = [...new Set(asked.map(({ group }) => group))];
  return groups.flatMap((group) =>
    found
      .filter((each) => each.group === group)
      .sort((a, b) => b.score - a.score || use(recent, a.entry) - use(recent, b.entry))
      .slice(0, MOST_CONVERSATIONS),
  );
}

const use = (recent: readonly string[], { id }: PaletteEntry) => {
  const at = recent.indexOf(id);
  return at < 0 ? recent.length : at;
};

function capped(entries: readonly PaletteEntry[]): PaletteEntry[] {
  const commands = entries.filter(({ group }) => group === "Commands");
  return [...commands, ...entries.filter(({ group }) => group !== "Commands").slice(0, MOST_CONVERSATIONS)];
}

type Fit = { score: number; marks: [number, number][] };

/** Every word has to be found: whole, at the beginning of a word, inside one, or letter by letter. */
function match(title: string, hint: string, words: readonly string[]): Fit | null {
  const text = title.toLowerCase();
  const marks: [number, number][] = [];
  let score = 0;
  for (const word of words) {
    const fit = at(text, word) ?? scattered(text, word);
    if (fit) {
      score += fit.score;
      marks.push(...fit.marks);
    } else if (hint.toLowerCase().includes(word)) score += 1;
    else return null;
  }
  return { score: score - text.length / 1_000, marks: merged(marks) };
}

function at(text: string, word: string): Fit | null {
  const begins = text.startsWith(word) ? 0 : text.search(new RegExp(`(?<=[\\s:/.-])${escaped(word)}`));
  if (begins >= 0) return { score: begins === 0 ? 8 : 6, marks: [[begins, begins + word.length]] };
  const inside = text.indexOf(word);
  return inside < 0 ? null : { score: 4, marks: [[inside, inside + word.length]] };
}

/** Letters that begin words, or go on from one that does: `nc`, `neco` and `newc` for New conversation. */
function scattered(text: string, word: string): Fit | null {
  if (word.length < 2) return null;
  const starts = [...text.matchAll(/(?<![^\s:/.-])\S/g)].map(({ index }) => index);
  const marks: [number, number][] = [];
  let last = -1;
  for (const letter of word) {
    const goesOn = last >= 0 && text[last + 1] === letter ? last + 1 : undefined;
    const here = goesOn ?? starts.find((start) => start > last && text[start] === letter);
    if (here === undefined) return null;
    marks.push([here, here + 1]);
    last = here;
  }
  return { score: 2, marks };
}

function merged(marks: [number, number][]): [number, number][] {
  const sorted = marks.toSorted((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = joined.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
