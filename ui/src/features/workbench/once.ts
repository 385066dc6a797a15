/** A second click, or a key that is held, asks nobody again: every asking is billed. */

/** A second click comes this soon, and until then the screen may still show what it was meant for. */
const SECOND_CLICK_MS = 500;

const asked = new Set<string>();

/** Which of these are not being asked for already. */
export const unasked = <T extends string>(things: readonly T[]): T[] =>
  things.filter((each) => !asked.has(each));

/** Asks for these things, unless one of them is being asked for already. What failed can be asked for at once. */
export async function once<T>(things: readonly string[], ask: () => Promise<T>): Promise<T | undefined> {
  if (things.some((each) => asked.has(each))) return undefined;
  const forget = () => things.forEach((each) => asked.delete(each));
  things.forEach((each) => asked.add(each));
  try {
    const answer = await ask();
    setTimeout(forget, SECOND_CLICK_MS);
    return answer;
  } catch (error) {
    forget();
    throw error;
  }
}
