/** Finding a name by some of its letters. */

const BOUNDARY = /[\s/:._-]/;

/** How well one word is found in a text that is in lower case; `null`: not at all. Higher is better. */
function wordScore(word: string, text: string): number | null {
  const whole = text.indexOf(word);
  if (whole >= 0) {
    const starts = whole === 0 || BOUNDARY.test(text[whole - 1] ?? "");
    return 1_000 + (starts ? 200 : 0) - whole - (text.length - word.length) / 100;
  }
  let score = 0;
  let at = -1;
  let first = -1;
  for (const letter of word) {
    const found = text.indexOf(letter, at + 1);
    if (found < 0) return null;
    if (first < 0) first = found;
    score += found === at + 1 ? 12 : BOUNDARY.test(text[found - 1] ?? " ") ? 10 : 1;
    at = found;
  }
  // Letters strewn over a long text are no find.
  return at - first + 1 > word.length * 4 + 6 ? null : score - (at - first) / 4 - first / 10;
}

/** How well a query is found: each of its words somewhere, in any order. */
export function fuzzyScore(query: string, text: string): number | null {
  const lower = text.toLowerCase();
  let sum = 0;
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    const score = wordScore(word, lower);
    if (score === null) return null;
    sum += score;
  }
  return sum;
}
