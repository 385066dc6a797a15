/**
 * Where things stand, in ranks (steps from the root) and slots (across). Subtrees are pushed together until their
 * outlines are one slot apart, and keep their order. Nothing here recurses: a chain may have 50,000 links.
 */
import { at } from "./model";
import type { Shown } from "./shown";

export type Layout = {
  /** Slot of each item, from 0. */
  slot: Float64Array;
  /** How many slots there are, the last one included. */
  slots: number;
  ranks: number;
  /** Items of rank `r`, by slot: `order[start[r]]` up to `order[start[r + 1] - 1]`. */
  order: Int32Array;
  start: Int32Array;
};

/** The two outlines of a subtree, its deepest rank first, so that its root is added at the end. */
type Outline = { low: number[]; high: number[]; by: number };

/** One branch this much deeper than the others goes on in its parent's line; else a parent stands in their middle. */
const SPINE = 2;

export function layoutOf(shown: Shown): Layout {
  const { count, up, end, rank, ranks } = shown;
  const from = new Float64Array(count);
  const outlines: (Outline | undefined)[] = new Array<Outline | undefined>(count);
  for (let i = count - 1; i >= 0; i--) {
    const all = joined(shown, i + 1, at(end, i), from, outlines);
    if (!all) {
      outlines[i] = { low: [0], high: [0], by: 0 };
      continue;
    }
    const middle = stand(shown, i + 1, at(end, i), from, outlines);
    for (let k = i + 1; k < at(end, i); k = at(end, k)) {
      from[k] = at(from, k) - middle;
      outlines[k] = undefined;
    }
    all.by -= middle;
    all.low.push(-all.by);
    all.high.push(-all.by);
    outlines[i] = all;
  }
  const forest = count > 0 ? joined(shown, 0, count, from, outlines) : undefined;
  let lowest = 0;
  for (const each of forest?.low ?? []) lowest = Math.min(lowest, each + (forest?.by ?? 0));

  const slot = new Float64Array(count);
  let slots = 0;
  const start = new Int32Array(ranks + 1);
  for (let i = 0; i < count; i++) {
    const parent = at(up, i);
    slot[i] = at(from, i) + (parent < 0 ? -lowest : at(slot, parent));
    slots = Math.max(slots, at(slot, i) + 1);
    start[at(rank, i) + 1] = at(start, at(rank, i) + 1) + 1;
  }
  for (let r = 0; r < ranks; r++) start[r + 1] = at(start, r + 1) + at(start, r);
  // Preorder keeps each rank in the order of its slots.
  const order = new Int32Array(count);
  const next = start.slice();
  for (let i = 0; i < count; i++) {
    const r = at(rank, i);
    order[at(next, r)] = i;
    next[r] = at(next, r) + 1;
  }
  return { slot, slots, ranks, order, start };
}

/** Places the siblings from `first` on beside each other; `from` is where each stands from the first one. */
function joined(
  { end }: Shown,
  first: number,
  last: number,
  from: Float64Array,
  outlines: (Outline | undefined)[],
): Outline | undefined {
  let all: Outline | undefined;
  for (let k = first; k < last; k = at(end, k)) {
    const one = outlines[k];
    if (!one) continue;
    if (!all) {
      all = { ...one };
      continue;
    }
    const shared = Math.min(all.low.length, one.low.length);
    let by = -Infinity;
    for (let d = 1; d <= shared; d++)
      by = Math.max(
        by,
        at(all.high, all.high.length - d) + all.by + 1 - (at(one.low, one.low.length - d) + one.by),
      );
    from[k] = by;
    // The shorter outline is written into the longer one: each rank is paid for once.
    if (all.low.length >= one.low.length)
      for (let d = 1; d <= shared; d++)
        all.high[all.high.length - d] = at(one.high, one.high.length - d) + one.by + by - all.by;
    else {
      const longer: Outline = { low: one.low, high: one.high, by: one.by + by };
      for (let d = 1; d <= shared; d++)
        longer.low[longer.low.length - d] = at(all.low, all.low.length - d) + all.by - longer.by;
      all = longer;
    }
  }
  return all;
}

/** Where a parent stands among its children. */
function stand(
  { end }: Shown,
  first: number,
  last: number,
  from: Float64Array,
  outlines: (Outline | undefined)[],
): number {
  let deepest = 0;
  let second = 0;
  let spine = 0;
  let lowest = Infinity;
  let highest = -Infinity;
  for (let k = first; k < last; k = at(end, k)) {
    // Outlines that were written into are as long as before, or were handed on whole.
    const height = outlines[k]?.low.length ?? 0;
    const here = at(from, k);
    if (height > deepest) {
      second = deepest;
      deepest = height;
      spine = here;
    } else if (height > second) second = height;
    lowest = Math.min(lowest, here);
    highest = Math.max(highest, here);
  }
  return deepest >= second + SPINE ? spine : (lowest + highest) / 2;
}
