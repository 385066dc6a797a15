/** What is done before the window's memory has been read: it is neither lost nor written over what was kept. */
import type { Prefs } from "@/ipc";

export type Recalled = {
  kept: Record<string, unknown>;
  /** Somebody has begun to work: what they look at stays where it is. */
  begun: boolean;
};

/**
 * Holds back what is to be kept, until the returned function hears what was kept before. What was chosen meanwhile is
 * the newer; only the tabs are put together with the kept ones, by their own rules.
 */
export function holdBack(prefs: Prefs): (kept: Record<string, unknown>) => Recalled {
  const held = new Map<string, unknown>();
  const set = prefs.set;
  let begun = false;
  const begin = () => (begun = true);
  prefs.set = (name, value) => Promise.resolve(held.set(name, value));
  window.addEventListener("keydown", begin, true);
  window.addEventListener("pointerdown", begin, true);
  return (kept) => {
    window.removeEventListener("keydown", begin, true);
    window.removeEventListener("pointerdown", begin, true);
    prefs.set = set;
    const changed = held.delete("tabs");
    for (const [name, value] of held) void prefs.set(name, value);
    return { kept: { ...kept, ...Object.fromEntries(held) }, begun: begun || changed };
  };
}
