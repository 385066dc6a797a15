import type { LivePart } from "../fold";

/** What a tool was given, or gave, as it is shown: JSON is set out once it is whole. */
export function toolCode(part: LivePart, live: boolean): { code: string; lang: string } {
  const text = String(part.text);
  if (live || text.length > 200_000 || !/^\s*[[{]/.test(text)) return { code: text, lang: "" };
  try {
    return { code: JSON.stringify(JSON.parse(text), null, 2), lang: "json" };
  } catch {
    return { code: text, lang: "" };
  }
}
