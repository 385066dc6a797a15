/** What the first frame waits for: kept as small as it can be, and kept so. */
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

type Chunk = { code: string; imports: readonly string[]; moduleIds: readonly string[] };

/**
 * The style of the first frame stands in the page itself, with those tokens that it uses. The style sheet waits:
 * `boot.ts` asks for it when that frame is on the screen.
 */
export function firstFrame(folder: string): Plugin {
  return {
    name: "first-frame",
    transformIndexHtml: {
      order: "post",
      handler: (html) => ({
        html: html.replace(/<link rel="stylesheet"/g, '<link rel="stylesheet" disabled'),
        tags: [
          {
            tag: "style",
            // The shell puts a nonce in its place.
            attrs: { nonce: "__TAURI_STYLE_NONCE__" },
            children: firstStyle(text(folder, "boot.css"), text(folder, "tokens.css")),
            injectTo: "head",
          },
        ],
      }),
    },
  };
}

const text = (folder: string, name: string) => readFileSync(`${folder}/${name}`, "utf8");

/** `style`, after the tokens that it uses. */
export function firstStyle(style: string, tokens: string): string {
  const used = new Set(style.match(/--[\w-]+/g));
  return `${tokens}${style}`
    .replace(/\/\*[^]*?\*\//g, "")
    .replace(/^\s*(--[\w-]+):[^;]*;/gm, (line, name: string) => (used.has(name) ? line : ""))
    .replace(/\s+/g, " ");
}

/** Fails the build where more kB than these of scripts have to be read before anything of a module runs. */
export function startLimit(most: Record<string, number>): Plugin {
  return {
    name: "start-limit",
    generateBundle(_, bundle) {
      const chunks = new Map(
        Object.entries(bundle).flatMap(([name, file]) => (file.type === "chunk" ? [[name, file]] : [])),
      );
      for (const [module, allowed] of Object.entries(most)) {
        const found = startSize(chunks, module);
        if (found > allowed)
          this.error(
            `${module} needs ${found} kB of scripts before it runs, and ${allowed} are allowed; load what is not on the first screen with import()`,
          );
      }
    },
  };
}

/** The kB of the chunk that a module is in, and of all that it imports, and these import, at once. */
export function startSize(chunks: ReadonlyMap<string, Chunk>, module: string): number {
  const first = [...chunks].find(([, chunk]) => chunk.moduleIds.some((id) => id.endsWith(module)));
  if (!first) throw new Error(`no chunk has ${module} in it`);
  const needed = new Set([first[0]]);
  // Grows while it is walked.
  for (const name of needed) for (const other of chunks.get(name)?.imports ?? []) needed.add(other);
  const bytes = [...needed].reduce((sum, name) => sum + Buffer.byteLength(chunks.get(name)?.code ?? ""), 0);
  return Math.ceil(bytes / 1000);
}
