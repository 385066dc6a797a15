/** From ranks and slots to places in pixels, and back: what is in sight, and what lies under the pointer. */
import type { Layout } from "./layout";
import { at, NONE } from "./model";
import { nextOf, type Shown } from "./shown";

/** Which way a conversation goes on. */
export type Way = "across" | "down";

export const BOX = { width: 156, height: 28 };

/** From one rank to the next, and from one slot to the next. Below a box its model is named, above it its branches. */
const STEPS: Record<Way, { rank: number; slot: number }> = {
  across: { rank: 180, slot: 60 },
  down: { rank: 72, slot: 172 },
};
/** Around everything. */
export const MARGIN = 24;

export type Rect = { x: number; y: number; width: number; height: number };

/** What is seen: a place of the drawing at the upper left corner, and pixels of the screen for one of it. */
export type Camera = { x: number; y: number; scale: number };

export type Plan = {
  shown: Shown;
  layout: Layout;
  way: Way;
  width: number;
  height: number;
  step: { rank: number; slot: number };
};

export function planOf(shown: Shown, layout: Layout, way: Way): Plan {
  const step = STEPS[way];
  const [ranks, slots] = [
    Math.max(0, layout.ranks - 1) * step.rank,
    Math.max(0, layout.slots - 1) * step.slot,
  ];
  const [width, height] = way === "across" ? [ranks, slots] : [slots, ranks];
  return { shown, layout, way, step, width: width + BOX.width, height: height + BOX.height };
}

/** The upper left corner of an item's box. */
export function xOf({ shown, layout, way, step }: Plan, i: number): number {
  return way === "across" ? at(shown.rank, i) * step.rank : at(layout.slot, i) * step.slot;
}
export function yOf({ shown, layout, way, step }: Plan, i: number): number {
  return way === "across" ? at(layout.slot, i) * step.slot : at(shown.rank, i) * step.rank;
}

/** First and last of the ranks that reach into a part of the drawing, and the span of slots. */
export function reach(plan: Plan, rect: Rect): { from: number; to: number; low: number; high: number } {
  const { way, step, layout } = plan;
  const [along, length, size] =
    way === "across" ? [rect.x, rect.width, BOX.width] : [rect.y, rect.height, BOX.height];
  const [aside, breadth, thick] =
    way === "across" ? [rect.y, rect.height, BOX.height] : [rect.x, rect.width, BOX.width];
  // Half a gap more at each side: names stand above and below a box.
  const [gap, room] = [step.rank - size, (step.slot - thick) / 2];
  return {
    from: Math.max(0, Math.ceil((along - size - gap) / step.rank)),
    to: Math.min(layout.ranks - 1, Math.floor((along + length + gap) / step.rank)),
    low: (aside - thick - room) / step.slot,
    high: (aside + breadth + room) / step.slot,
  };
}

/** The first place in rank `r` whose slot is at least `slot`. */
export function seek({ layout }: Plan, r: number, slot: number): number {
  let low = at(layout.start, r);
  let high = at(layout.start, r + 1);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(layout.slot, at(layout.order, middle)) < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Calls back for the items whose boxes may be in sight: work in proportion to what is seen, not to what there is. */
export function inSight(plan: Plan, rect: Rect, each: (item: number) => void): void {
  const { from, to, low, high } = reach(plan, rect);
  const { order, slot, start } = plan.layout;
  for (let r = from; r <= to; r++)
    for (let k = seek(plan, r, low); k < at(start, r + 1); k++) {
      const i = at(order, k);
      if (at(slot, i) > high) break;
      each(i);
    }
}

export type Links = {
  /** From the rank's edge to an item: the curves of a first and a last one lead round a corner. */
  into: (item: number, isFirst: boolean, isLast: boolean) => void;
  /** Along the edge, from one sibling to the next one. */
  along: (before: number, item: number) => void;
  /** From an item to the edge of the rank behind it. */
  out: (item: number) => void;
};

/** What connects the boxes in sight, with the lines between two that are both out of sight at different sides. */
export function linksInSight(plan: Plan, rect: Rect, { into, along, out }: Links): void {
  const { shown, layout } = plan;
  const { from, to, low, high } = reach(plan, rect);
  const { order, slot, start } = layout;
  for (let r = from; r <= Math.min(to + 1, layout.ranks - 1); r++)
    for (let k = seek(plan, r, low); k < at(start, r + 1); k++) {
      const i = at(order, k);
      const beyond = at(slot, i) > high;
      const before = at(shown.before, i);
      if (at(shown.up, i) >= 0) {
        if (before >= 0) along(before, i);
        if (!beyond) into(i, before < 0, nextOf(shown, i) < 0);
      }
      if (beyond) break;
      if (r <= to && at(shown.end, i) > i + 1) out(i);
    }
  // Lines that lead in from the left, or from above.
  const r = from - 1;
  if (r >= 0)
    for (let k = seek(plan, r, low); k < at(start, r + 1); k++) {
      const i = at(order, k);
      if (at(slot, i) > high) break;
      if (at(shown.end, i) > i + 1) out(i);
    }
}

/** The item under a place of the drawing. */
export function hit(plan: Plan, x: number, y: number): number {
  const { layout, way, step } = plan;
  const [along, aside] = way === "across" ? [x, y] : [y, x];
  const r = Math.floor(along / step.rank);
  if (r < 0 || r >= layout.ranks) return NONE;
  const size = way === "across" ? BOX.height : BOX.width;
  for (let k = seek(plan, r, (aside - size) / step.slot); k < at(layout.start, r + 1); k++) {
    const i = at(layout.order, k);
    const left = xOf(plan, i);
    const top = yOf(plan, i);
    if (x >= left && x <= left + BOX.width && y >= top && y <= top + BOX.height) return i;
    if (at(layout.slot, i) * step.slot > aside) break;
  }
  return NONE;
}

/** The part of the drawing that a camera sees. */
export function seen(camera: Camera, width: number, height: number): Rect {
  return { x: camera.x, y: camera.y, width: width / camera.scale, height: height / camera.scale };
}

export const LARGEST = 2;

/** As small as the whole needs, and never too large to leave. */
export function smallest(plan: Plan, width: number, height: number): number {
  return Math.min(0.1, fitting(plan, width, height));
}

function fitting({ width, height }: Plan, w: number, h: number): number {
  return Math.min((w - 2 * MARGIN) / width, (h - 2 * MARGIN) / height);
}

/** Everything, in the middle, and never larger than it is. */
export function fit(plan: Plan, width: number, height: number): Camera {
  const scale = Math.max(1e-6, Math.min(1, fitting(plan, width, height)));
  return {
    scale,
    x: (plan.width - width / scale) / 2,
    y: (plan.height - height / scale) / 2,
  };
}

/** Larger or smaller, with the place at `x`, `y` of the screen standing still. */
export function zoomed(camera: Camera, scale: number, x: number, y: number): Camera {
  return {
    scale,
    x: camera.x + x / camera.scale - x / scale,
    y: camera.y + y / camera.scale - y / scale,
  };
}

/** Moves no more than it takes to have an item in sight. */
export function revealing(camera: Camera, plan: Plan, i: number, width: number, height: number): Camera {
  const { x, y, width: w, height: h } = seen(camera, width, height);
  const margin = MARGIN / Math.max(camera.scale, 0.2);
  const nudge = (from: number, size: number, start: number, length: number) =>
    start - margin < from
      ? start - margin
      : start + length + margin > from + size
        ? Math.min(start - margin, start + length + margin - size)
        : from;
  return {
    scale: camera.scale,
    x: nudge(x, w, xOf(plan, i), BOX.width),
    y: nudge(y, h, yOf(plan, i), BOX.height),
  };
}

/** Puts an item in the middle. */
export function centred(plan: Plan, i: number, scale: number, width: number, height: number): Camera {
  return {
    scale,
    x: xOf(plan, i) + BOX.width / 2 - width / scale / 2,
    y: yOf(plan, i) + BOX.height / 2 - height / scale / 2,
  };
}
