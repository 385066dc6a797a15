import { expect, test } from "vitest";
import { Pace } from "./pace";

/** Frames of a screen where a frame that draws takes so many ms; says how much of the time went into them. */
function drawing(frames: number, costMs: number): { drawn: number; share: number } {
  const pace = new Pace();
  let [at, drawn, spent] = [0, 0, 0];
  for (let frame = 0; frame < frames; frame++) {
    const draws = pace.draws(at);
    const took = draws ? Math.max(16.7, costMs) : 16.7;
    if (draws) [drawn, spent] = [drawn + 1, spent + took];
    at += took;
    if (draws) pace.took(took, at);
  }
  return { drawn, share: spent / at };
}

test("a screen that keeps up draws in every frame", () => {
  expect(drawing(200, 5).drawn).toBe(200);
});

test("a slow screen has half of its time for other things", () => {
  const { drawn, share } = drawing(600, 60);
  expect(share).toBeLessThan(0.55);
  expect(drawn).toBeGreaterThan(60);
});

test("a window that was not seen for a while draws again soon", () => {
  const pace = new Pace();
  pace.took(60_000, 60_000);
  expect(pace.draws(60_300)).toBe(true);
});
