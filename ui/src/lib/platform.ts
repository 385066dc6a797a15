const mac = typeof navigator !== "undefined" && navigator.userAgent.includes("Mac OS");

/** `Ctrl ↵`, on a Mac `⌘ ↵`: keys as people see them, from keys as the command table writes them. */
export function keysText(keys: string): string {
  return keys
    .split("+")
    .map((key) => ({ Mod: mac ? "⌘" : "Ctrl", Shift: "⇧", Enter: "↵", Escape: "Esc" })[key] ?? key)
    .join(" ");
}

/** Whether an event is the shortcut `Mod+Shift+P`: `Mod` is Ctrl, on a Mac ⌘. */
export function pressed(event: KeyboardEvent, keys: string): boolean {
  const parts = keys.split("+");
  const key = parts.at(-1) ?? "";
  const mod = mac ? event.metaKey : event.ctrlKey;
  return (
    event.key.toLowerCase() === key.toLowerCase() &&
    mod === (parts.includes("Mod") || (mac ? false : parts.includes("Ctrl"))) &&
    event.shiftKey === parts.includes("Shift") &&
    !event.altKey
  );
}
