import { expect, test } from "vitest";
import { Pace } from "./pace";

/** Plays frames of 16 ms; a frame that draws `n` answers takes `cost(n)` ms more. Answers drawn in each. */
function play(pace: Pace, frames: number, cost: (drawn: number) => number, waiting = 8): number[] {
  const drawn: number[] = [];
  let at = 1_000;
  for (let i = 0; i < frames; i++) {
    const now = Math.min(waiting, pace.room(at));
    const ms = Math.max(16, Math.ceil(cost(now) / 16) * 16);
    at += ms;
    if (now > 0) pace.took(ms, at, now);
    drawn.push(now);
  }
  return drawn;
}

test("where frames come in time, every one draws every answer", () => {
  expect(play(new Pace(), 100, () => 5)).toEqual(Array(100).fill(8));
});

test("where they are late, answers take turns, and few frames are late", () => {
  const drawn = play(new Pace(), 1_000, (n) => n * 6);
  const late = drawn.filter((n) => n * 6 > 16).length;
  expect(late / drawn.length).toBeLessThan(0.05);
  expect(drawn.slice(20).every((n) => n >= 1)).toBe(true);
  expect(drawn.slice(100).reduce((sum, n) => sum + n, 0) / 900).toBeGreaterThan(1.4);
});

test("where one answer alone is too much, the screen is left alone for half of the time", () => {
  const pace = new Pace();
  play(pace, 10, () => 48);
  let drawing = 0;
  let at = 10_000;
  const end = at + 2_000;
  while (at < end) {
    const draws = pace.room(at) > 0;
    const ms = draws ? 48 : 16;
    at += ms;
    if (draws) pace.took(ms, at, 1);
    drawing += draws ? ms : 0;
  }
  expect(drawing / 2_000).toBeLessThan(0.55);
  expect(drawing / 2_000).toBeGreaterThan(0.4);
});

test("a frame that hung does not silence the next seconds", () => {
  const pace = new Pace();
  pace.took(8_000, 9_000, 1);
  expect(pace.room(9_100)).toBe(0);
  expect(pace.room(9_250)).toBe(1);
});
