/** Parts of the window that are not on its first screen. */
import { lazy, type ComponentType } from "react";

/** By then the first screen stands, and its own requests have been answered. */
const AFTER_MS = 1500;

const waiting: (() => Promise<unknown>)[] = [];

/** A component that is loaded when it is shown, or a little after the start, so that nobody waits for it later. */
export function later<P>(load: () => Promise<ComponentType<P>>) {
  let loading: Promise<{ default: ComponentType<P> }> | undefined;
  const once = () => (loading ??= load().then((component) => ({ default: component })));
  waiting.push(once);
  return lazy(once);
}

/** Once the first screen is asked for: the rest comes after it, one part after the other. */
export function loadTheRest(): void {
  setTimeout(() => void rest(), AFTER_MS);
}

async function rest(): Promise<void> {
  // Whoever needs a part that cannot be read is told so in its place.
  for (const load of waiting.splice(0)) await load().catch(() => {});
}
