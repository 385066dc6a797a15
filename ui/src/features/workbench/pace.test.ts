import { expect, test } from "vitest";
import { Pace } from "./pace";

/** Plays frames of 16.7 ms for `ms`; drawing `n` answers takes `cost(n)` ms. What was drawn, and how long that took. */
function play(
  pace: Pace,
  ms: number,
  cost: (drawn: number) => number,
  key?: (at: number) => boolean,
  paint = 0,
) {
  let at = 1_000;
  const end = at + ms;
  const frames: { at: number; drawn: number; took: number }[] = [];
  while (at < end) {
    if (key?.(at)) pace.typed(at - 1);
    const drawn = Math.min(8, pace.room(at));
    const took = drawn > 0 ? cost(drawn) : 0;
    if (drawn > 0) pace.took(took, at, drawn);
    frames.push({ at, drawn, took });
    const gap = Math.max(1, Math.ceil((took + (drawn > 0 ? paint : 0)) / 16.7)) * 16.7;
    if (drawn > 0) pace.next(gap, at);
    at += gap;
  }
  const sum = (of: (frame: (typeof frames)[number]) => number) =>
    frames.reduce((all, one) => all + of(one), 0);
  return { frames, share: sum(({ took }) => took) / ms, answers: (sum(({ drawn }) => drawn) / ms) * 1_000 };
}

test("where drawing is quick, every frame draws every answer", () => {
  const { frames } = play(new Pace(), 2_000, (n) => n * 0.2);
  expect(frames.slice(5).every(({ drawn }) => drawn === 8)).toBe(true);
});

test("where it is slow, answers take turns, and drawing keeps to its share of the time", () => {
  for (const each of [2, 5, 9]) {
    const { share, answers, frames } = play(new Pace(), 5_000, (n) => n * each);
    expect(share).toBeLessThan(0.4);
    expect(answers).toBeGreaterThan(10);
    expect(Math.max(...frames.slice(20).map(({ took }) => took))).toBeLessThan(12);
  }
});

test("where one answer takes several frames, it is still drawn now and then", () => {
  const { share, answers } = play(new Pace(), 10_000, (n) => n * 120);
  expect(share).toBeLessThan(0.55);
  expect(answers).toBeGreaterThan(2);
});

test("the frames after a key are left to what was typed, and typing without end does not stop the answers", () => {
  const pace = new Pace();
  expect(pace.room(1_000)).toBeGreaterThan(0);
  pace.typed(1_010);
  expect(pace.room(1_017)).toBe(0);
  expect(pace.room(1_034)).toBe(0);
  expect(pace.room(1_051)).toBeGreaterThan(0);
  const { answers } = play(
    new Pace(),
    2_000,
    (n) => n * 2,
    () => true,
  );
  expect(answers).toBeGreaterThan(8);
});

test("a frame that hung does not silence the next seconds", () => {
  const pace = new Pace();
  pace.took(8_000, 1_000, 1);
  expect(pace.room(9_250)).toBe(1);
});

test("where painting misses frames, all answers are drawn at once and one frame in twenty", () => {
  const { frames, answers } = play(new Pace(), 10_000, (n) => n * 0.5, undefined, 45);
  const drawn = frames.slice(20).filter((frame) => frame.drawn > 0);
  expect(drawn.length / frames.slice(20).length).toBeLessThan(0.05);
  expect(drawn.every((frame) => frame.drawn === 8)).toBe(true);
  expect(answers).toBeGreaterThan(16);
});

test("where painting misses frames, whoever types waits for none that was drawn for an answer", () => {
  let last = 1_000;
  const keys: number[] = [];
  const { frames } = play(
    new Pace(),
    10_000,
    (n) => n * 0.5,
    (at) => {
      const due = at >= last + 120;
      if (due) keys.push((last = at));
      return due;
    },
    45,
  );
  const met = keys.filter((key) =>
    frames.some(({ at, drawn }) => drawn > 0 && at < key - 1 && key - 1 < at + 45),
  );
  expect(met.length).toBeLessThanOrEqual(keys.length / 20);
  expect(frames.slice(50).filter(({ drawn }) => drawn > 0).length).toBeGreaterThan(15);
});

test("how long to wait for a frame that draws is known, so that no frame is asked for in vain", () => {
  const at = 5_000;
  const states: ((pace: Pace) => void)[] = [
    () => {},
    (pace) => pace.took(6, at - 10, 4),
    (pace) => pace.typed(at - 5),
    (pace) => {
      pace.took(20, at - 90, 8);
      pace.next(45, at - 90);
      pace.typed(at - 60);
    },
  ];
  for (const stand of states) {
    const pace = new Pace();
    pace.took(3, at - 300, 2);
    stand(pace);
    const wait = pace.wait(at);
    expect(pace.room(at + wait)).toBeGreaterThan(0);
    if (wait > 0) expect(pace.room(at + wait - 1)).toBe(0);
  }
});
