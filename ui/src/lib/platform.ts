const mac = typeof navigator !== "undefined" && navigator.userAgent.includes("Mac OS");

const names: Record<string, string> = {
  Mod: mac ? "⌘" : "Ctrl",
  Ctrl: mac ? "⌃" : "Ctrl",
  Alt: mac ? "⌥" : "Alt",
  Shift: "⇧",
  Enter: "↵",
  Escape: "Esc",
  PageUp: "PgUp",
  PageDown: "PgDn",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Delete: "Del",
};

/** `Ctrl ↵`, on a Mac `⌘ ↵`: keys as people see them, from keys as the command table writes them. */
export function keysText(keys: string): string {
  return keys
    .split("+")
    .map((key) => names[key] ?? key)
    .join(" ");
}

/** The key without what is held with it. With Alt, and for digits, layouts write other signs: then the place counts. */
function keysOf({ key, code, altKey }: KeyboardEvent): string[] {
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  const letter = altKey ? /^Key([A-Z])$/.exec(code)?.[1] : undefined;
  return [key, digit, letter].filter((each) => each !== undefined).map((each) => each.toLowerCase());
}

/** Whether an event is the shortcut `Mod+Shift+P`: `Mod` is Ctrl, on a Mac ⌘. */
export function pressed(event: KeyboardEvent, keys: string): boolean {
  const parts = keys.split("+");
  const held = (name: string) => parts.slice(0, -1).includes(name);
  return (
    event.ctrlKey === (held("Ctrl") || (!mac && held("Mod"))) &&
    event.metaKey === (mac && held("Mod")) &&
    event.shiftKey === held("Shift") &&
    event.altKey === held("Alt") &&
    keysOf(event).includes((parts.at(-1) ?? "").toLowerCase())
  );
}

/**
 * An event as the command table writes it, or `null` while only Shift and the like are held. Without Ctrl, Alt or ⌘
 * only function keys make a shortcut: everything else is for writing.
 */
export function recorded(event: KeyboardEvent): string | null {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
  if (["Control", "Meta", "Alt", "Shift", "AltGraph", "Dead", "Process"].includes(key)) return null;
  const plain = keysOf(event).at(-1) ?? key;
  const last = plain.length === 1 ? plain.toUpperCase() : key;
  if (!(ctrlKey || metaKey || altKey || /^F\d+$/.test(key)) || last === "+" || last === " ") return null;
  const held = [
    (mac ? metaKey : ctrlKey) && "Mod",
    mac && ctrlKey && "Ctrl",
    altKey && "Alt",
    shiftKey && "Shift",
  ];
  return [...held.filter(Boolean), last].join("+");
}

/** Whether two spellings are the same keys here. */
export function sameKeys(one: string, other: string): boolean {
  const spelled = (keys: string) =>
    keys
      .split("+")
      .map((key) => (key === "Ctrl" && !mac ? "mod" : key.toLowerCase()))
      .sort()
      .join("+");
  return spelled(one) === spelled(other);
}
