/** Finding a name by some of its letters. */

const BOUNDARY = /[\s/:._-]/;

/** How well one word is found in a text that is in lower case; `null`: not at all. Higher is better. */
function wordScore(word: string, text: string): number | null {
  const whole = text.indexOf(word);
  if (whole >= 0) {
    const starts = whole === 0 || BOUNDARY.test(text[whole - 1] ?? "");
    return 1_000 + (starts ? 200 : 0) - whole - (text.length - word.length) / 100;
  }
  let best: number | null = null;
  for (let start = text.indexOf(word[0] ?? ""); start >= 0; start = text.indexOf(word[0] ?? "", start + 1)) {
    // Strewn letters mean something only from the beginning of a word on.
    if (start > 0 && !BOUNDARY.test(text[start - 1] ?? "")) continue;
    const score = strewn(word, text, start);
    if (score !== null && (best === null || score > best)) best = score;
  }
  return best;
}

function strewn(word: string, text: string, start: number): number | null {
  let score = 0;
  let at = start - 1;
  for (const letter of word) {
    const found = text.indexOf(letter, at + 1);
    if (found < 0) return null;
    score += found === at + 1 ? 12 : BOUNDARY.test(text[found - 1] ?? " ") ? 10 : 1;
    at = found;
  }
  // Too far apart is no find.
  const span = at - start + 1;
  return span > word.length * 2 + 6 ? null : score - span / 4 - start / 10;
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
