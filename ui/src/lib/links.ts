/** Which addresses may be shown as links. Everything else stays text. */
const allowed = new Set(["http:", "https:", "mailto:"]);

/** The address when it may be followed, else `null`. Written out in full, so that nothing hides in it. */
export function safeUrl(text: string): URL | null {
  // Browsers skip these inside a scheme; here they are a reason to refuse.
  if (/[\p{Cc}\p{Cf}\p{Z}]/u.test(text)) return null;
  try {
    const url = new URL(text);
    return allowed.has(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

/** Where an address leads, for people. */
export function destination(url: URL): string {
  return url.protocol === "mailto:" ? url.pathname : url.host;
}
