/** `{{name}}` in a prompt: a place for a value that is filled in when it is sent. */

const VARIABLE = /\{\{\s*([\p{L}_][\p{L}\p{N}_.-]{0,59})\s*\}\}/gu;

/** For marking them in the editor; a new one each time, since it remembers where it was. */
export const variablePattern = () => new RegExp(VARIABLE.source, VARIABLE.flags);

/** Their names, each once, in order of appearance. */
export function variablesIn(text: string): string[] {
  // Most prompts have none, and each keystroke asks.
  if (!text.includes("{{")) return [];
  return [...new Set(Array.from(text.matchAll(variablePattern()), ([, name = ""]) => name))];
}

type Values = Readonly<Record<string, string>>;

/** Those that nobody has given a value. */
export function unfilled(text: string, values: Values): string[] {
  return variablesIn(text).filter((name) => !values[name]?.trim());
}

/** The text as it goes out. What has no value stays as it was written. */
export function filledIn(text: string, values: Values): string {
  if (!text.includes("{{")) return text;
  // In one pass: a value that looks like a variable is not filled in again.
  return text.replace(variablePattern(), (written, name: string) =>
    values[name]?.trim() ? values[name] : written,
  );
}
