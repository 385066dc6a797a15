/**
 * The tree from afar, as a picture that is written pixel by pixel: 50,000 boxes cost less so than they would as drawn
 * shapes. The small map is the same picture with another scale for each direction.
 */
import { BOX, inSight, linksInSight, xOf, yOf, type Plan, type Rect } from "./geometry";

export type Picture = { pixels: Uint32Array; width: number; height: number };

/** A place of the drawing goes to this pixel. */
export type Lens = { x: number; y: number; across: number; down: number };

/** Below this, boxes are too small for their words' places. */
export const FAR = 0.25;

/**
 * Writes what is in `rect`; `colour` says how an item looks. Lines come first, so that boxes lie over them.
 * `least`: as few pixels a box is never below.
 */
export function paintFar(
  { pixels, width, height }: Picture,
  plan: Plan,
  lens: Lens,
  rect: Rect,
  colour: (item: number) => number,
  line: number,
  least = 1,
): void {
  const fill = (x0: number, y0: number, x1: number, y1: number, value: number) => {
    const left = Math.max(0, Math.round(x0));
    const right = Math.min(width, Math.max(Math.round(x1), left + 1));
    const bottom = Math.min(height, Math.max(Math.round(y1), Math.round(y0) + 1));
    for (let y = Math.max(0, Math.round(y0)); y < bottom; y++) {
      const row = y * width;
      if (right - left === 1) pixels[row + left] = value;
      else pixels.fill(value, row + left, row + right);
    }
  };
  const { way, step } = plan;
  const screenX = (x: number) => (x - lens.x) * lens.across;
  const screenY = (y: number) => (y - lens.y) * lens.down;

  const across = way === "across";
  const gap = step.rank - (across ? BOX.width : BOX.height);
  /** Where the line stands that siblings hang on, and where on it an item does. */
  const edge = (i: number) => (across ? screenX(xOf(plan, i) - gap / 2) : screenY(yOf(plan, i) - gap / 2));
  const middle = (i: number) =>
    across ? screenY(yOf(plan, i) + BOX.height / 2) : screenX(xOf(plan, i) + BOX.width / 2);
  const bar = (a: number, b: number, aside: number) =>
    across ? fill(a, aside, b, aside + 1, line) : fill(aside, a, aside + 1, b, line);
  const pole = (a: number, b: number, along: number) =>
    across ? fill(along, a, along + 1, b, line) : fill(a, along, b, along + 1, line);
  linksInSight(plan, rect, {
    into: (i) => bar(edge(i), across ? screenX(xOf(plan, i)) : screenY(yOf(plan, i)), middle(i)),
    along: (before, i) => pole(middle(before), middle(i), edge(i)),
    out: (i) =>
      bar(
        across ? screenX(xOf(plan, i) + BOX.width) : screenY(yOf(plan, i) + BOX.height),
        edge(i + 1),
        middle(i),
      ),
  });

  const [w, h] = [Math.max(least, BOX.width * lens.across), Math.max(least, BOX.height * lens.down)];
  inSight(plan, rect, (i) => {
    const x = screenX(xOf(plan, i));
    const y = screenY(yOf(plan, i));
    fill(x, y, x + w, y + h, colour(i));
  });
}
