/** Parts of the window that are scripts of their own. */
import { createElement, lazy, useState, type ComponentType } from "react";

/** By then the first screen stands, and its own requests have been answered. */
const AFTER_MS = 1500;

const waiting: (() => Promise<unknown>)[] = [];

/** A component that is loaded when it is shown, or a little after the start, so that nobody waits for it later. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>) {
  let here: ComponentType<P> | undefined;
  let loading: Promise<{ default: ComponentType<P> }> | undefined;
  const once = () => (loading ??= load().then((component) => ({ default: (here = component) })));
  const Lazy = lazy(once) as ComponentType<P>;
  waiting.push(once);
  function Part(props: P) {
    // React shows what was waited for no sooner than 300 ms after what stood in its place: nothing has to.
    const [Shown] = useState(() => here ?? Lazy);
    return createElement(Shown, props);
  }
  return Object.assign(Part, { load: once });
}

/** The same, asked for at once, though nothing waits for it: it is wanted on most first screens. */
export function soon<P extends object>(load: () => Promise<ComponentType<P>>) {
  const part = later(load);
  // Whoever shows it is told.
  part.load().catch(() => {});
  return part;
}

/** Once the first screen is asked for: the rest comes after it, one part after the other. */
export function loadTheRest(): void {
  setTimeout(() => void rest(), AFTER_MS);
}

async function rest(): Promise<void> {
  // Whoever needs a part that cannot be read is told so in its place.
  for (const load of waiting.splice(0)) await load().catch(() => {});
}
