/** What an answer says it has read: addresses with titles, in the blocks that a provider sent beside the text. */
import type { Part } from "@/ipc";
import { safeUrl } from "./links";

export type Citation = { url: string; title: string };

const MOST = 40;
const DEEPEST = 8;

/** From whatever form the provider gives them; each address once. */
export function citations(parts: readonly Part[]): Citation[] {
  const found = new Map<string, Citation>();
  for (const part of parts) {
    if (part.type !== "raw") continue;
    try {
      collect(JSON.parse(part.json), found, 0);
    } catch {
      // A block that is no JSON names nothing.
    }
  }
  return [...found.values()];
}

function collect(value: unknown, found: Map<string, Citation>, depth: number): void {
  if (depth > DEEPEST || found.size >= MOST || typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const one of value)
      if (typeof one === "string") add(found, one, "");
      else collect(one, found, depth + 1);
    return;
  }
  const { url, uri, title } = value as Record<string, unknown>;
  const address = typeof url === "string" ? url : typeof uri === "string" ? uri : null;
  if (address !== null) add(found, address, typeof title === "string" ? title : "");
  for (const one of Object.values(value)) collect(one, found, depth + 1);
}

function add(found: Map<string, Citation>, address: string, title: string): void {
  const url = safeUrl(address);
  if (url && !found.has(url.href)) found.set(url.href, { url: url.href, title: title.trim() || url.host });
}
