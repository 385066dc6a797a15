/** The commands that were run from the palette, the last one first. */
import { ipc } from "@/ipc";

const MOST = 5;
let ids: readonly string[] = [];

export const recent = (): readonly string[] => ids;

export function rememberRecent(kept: unknown): void {
  if (Array.isArray(kept)) ids = kept.filter((id): id is string => typeof id === "string").slice(0, MOST);
}

export function ran(id: string): void {
  ids = [id, ...ids.filter((other) => other !== id)].slice(0, MOST);
  void ipc().prefs.set("recent", ids);
}
