/** A call as a program that makes it again: through our own gateway, with a place for the key. */
import type { TrafficDetail } from "@/ipc";

export const KEY_VARIABLE = "ORCHESITY_KEY";

/** The path and body of a call, where its body was kept. */
export type Sent = { url: string; body: string; stream: boolean };

/** What was sent; `null` where it was not kept, or is not known to whom. */
export function sentOf({ call, body }: TrafficDetail, gateway: string): Sent | null {
  if (body === null || call.route === null) return null;
  // Gemini's paths name the model; without `alt` its streams come as one array.
  const path = call.route.replace("*", () => inPath(call.requested));
  const query = path.endsWith(":streamGenerateContent") ? "?alt=sse" : "";
  return { url: `${gateway}${path}${query}`, body, stream: call.stream };
}

/** A model within a path. Slashes and colons stay: the gateway reads them as they are, and so do scopes of keys. */
const inPath = (model: string) => encodeURIComponent(model).replaceAll("%2F", "/").replaceAll("%3A", ":");

/** For a POSIX shell. */
export function asCurl({ url, body, stream }: Sent): string {
  return [
    `curl ${stream ? "-N " : ""}${shell(url)} \\`,
    `  -H "authorization: Bearer $${KEY_VARIABLE}" \\`,
    "  -H 'content-type: application/json' \\",
    `  --data-raw ${shell(body)}`,
  ].join("\n");
}

/** With `httpx`; the body is sent byte for byte. */
export function asPython({ url, body, stream }: Sent): string {
  const head = [
    "import os",
    "import httpx",
    "",
    `body = ${python(body)}`,
    "headers = {",
    `    "authorization": f"Bearer {os.environ['${KEY_VARIABLE}']}",`,
    '    "content-type": "application/json",',
    "}",
  ];
  const call = stream
    ? [
        `with httpx.stream("POST", ${python(url)}, headers=headers, content=body.encode(), timeout=None) as answer:`,
        "    for line in answer.iter_lines():",
        "        print(line)",
      ]
    : [
        `answer = httpx.post(${python(url)}, headers=headers, content=body.encode(), timeout=None)`,
        "print(answer.status_code, answer.text)",
      ];
  return [...head, ...call].join("\n");
}

/** With `fetch`, as Node, Deno and Bun have it. */
export function asTypeScript({ url, body, stream }: Sent): string {
  const head = [
    `const answer = await fetch(${JSON.stringify(url)}, {`,
    '  method: "POST",',
    "  headers: {",
    `    authorization: \`Bearer \${process.env.${KEY_VARIABLE}}\`,`,
    '    "content-type": "application/json",',
    "  },",
    `  body: ${javascript(body)},`,
    "});",
  ];
  const read = stream
    ? [
        "for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) process.stdout.write(piece);",
      ]
    : ["console.log(answer.status, await answer.text());"];
  return [...head, ...read].join("\n");
}

/** In single quotes nothing means anything but their end. */
const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** JSON's strings are Python's too. */
const python = (text: string) => JSON.stringify(text);

/** As a value where it is JSON and says the same again, else as the text itself. */
function javascript(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    if (JSON.stringify(value) === body) {
      const lines = JSON.stringify(value, null, 2).split("\n");
      return `JSON.stringify(${lines.map((line, i) => (i === 0 ? line : `  ${line}`)).join("\n")})`;
    }
  } catch {
    // It goes as it is.
  }
  return JSON.stringify(body);
}
