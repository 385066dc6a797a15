/** Which keys the user chose for which command; everything else is as the command table says. */
import { create } from "zustand";

/** `null`: no keys at all. */
export type Chosen = Readonly<Record<string, string | null>>;

export const useShortcuts = create<{ chosen: Chosen }>(() => ({ chosen: {} }));

/** Takes up what was chosen before; what is no shortcut is left out. */
export function rememberShortcuts(kept: unknown): void {
  if (typeof kept !== "object" || kept === null) return;
  const chosen = Object.entries(kept).filter(([, keys]) => typeof keys === "string" || keys === null);
  useShortcuts.setState({ chosen: Object.fromEntries(chosen) as Chosen });
}

/** The keys of a command, as they are now. */
export function keysNow(chosen: Chosen, command: string, standard: string | undefined): string | undefined {
  const own = chosen[command];
  return own === undefined ? standard : (own ?? undefined);
}
