/** Bodies as people read them. */

/** JSON, or a stream of events whose data is JSON, with indentation. */
export function prettyBody(body: string): string {
  const whole = pretty(body);
  if (whole !== null) return whole;
  return body
    .split("\n")
    .map((line) => {
      const data = /^data: ?(.*)$/.exec(line)?.[1];
      const json = data === undefined ? pretty(line) : pretty(data);
      return json === null ? line : data === undefined ? json : `data: ${json}`;
    })
    .join("\n");
}

function pretty(text: string): string | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}
