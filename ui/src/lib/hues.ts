/** A stable hue for each model, from ten that colour-blind eyes tell apart, in the order in which models are met. */
import type { Target } from "@/ipc";

const HUES = 10;
const assigned = new Map<Target, number>();
let keep: (hues: Record<Target, number>) => void = () => undefined;

/** Takes up what was assigned before; `save` hears of every new one. */
export function rememberHues(known: unknown, save: typeof keep): void {
  if (typeof known === "object" && known !== null)
    for (const [target, hue] of Object.entries(known))
      if (typeof hue === "number") assigned.set(target, hue % HUES);
  keep = save;
}

/** A CSS value, for what is painted or takes a colour by itself; elements take `data-hue`. */
export const hueOf = (target: Target): string => `var(--model-${hueNumberOf(target)})`;

/** From 1: what `data-hue` takes (see `base.css`). Parameters after `?` make no other model. */
export function hueNumberOf(target: Target): number {
  const model = target.split("?")[0] ?? target;
  let hue = assigned.get(model);
  if (hue === undefined) {
    hue = assigned.size % HUES;
    assigned.set(model, hue);
    keep(Object.fromEntries(assigned));
  }
  return hue + 1;
}

/** Whether this model was met before; to look does not assign. */
export function hasHue(target: Target): boolean {
  return assigned.has(target.split("?")[0] ?? target);
}
