import { useEffect } from "react";
import { pressed } from "@/lib/platform";
import { keysNow, useShortcuts, type Chosen } from "@/lib/shortcuts";
import type { Command } from "./commands";
import { closeOverlay } from "./frame";

/** All keys of a command: what the user chose, else what the table says. */
export function allKeys({ id, keys, also }: Command, chosen: Chosen): string[] {
  const now = keysNow(chosen, id, keys);
  return [now, ...(id in chosen ? [] : (also ?? []))].filter((each) => each !== undefined);
}

/** A dialog is open, and not just fading: what lies behind it is out of reach, of the keyboard too. */
const inDialog = () => document.querySelector("[aria-modal=true]:not([data-closed])") !== null;

/** Runs the command that these keys belong to, where it may run; `true` when there is one. */
export function runKeys(commands: readonly Command[], event: KeyboardEvent): boolean {
  const { chosen } = useShortcuts.getState();
  const command = commands.find((each) => allKeys(each, chosen).some((keys) => pressed(event, keys)));
  if (command && (command.global || !inDialog()) && (command.repeats || !event.repeat)) command.run();
  return command !== undefined;
}

/** The commands listen to the keyboard, wherever the focus is. */
export function useCommandKeys(commands: readonly Command[]): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      if (runKeys(commands, event)) event.preventDefault();
      else if (event.key === "Escape") closeOverlay();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [commands]);
}
