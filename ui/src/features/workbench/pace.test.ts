import { expect, test } from "vitest";
import { Pace } from "./pace";

/** Frames of a screen where each drawn answer costs so many ms; the room each of them was given. */
function frames(count: number, costMs: number, due = 8): number[] {
  const pace = new Pace();
  let at = 0;
  return Array.from({ length: count }, () => {
    const room = Math.min(due, pace.room(at, due));
    at += Math.max(16.7, Math.ceil((room * costMs) / 16.7) * 16.7);
    return room;
  });
}

test("a screen that keeps up draws every answer in every frame", () => {
  expect(frames(200, 1).at(-1)).toBe(8);
});

test("on a slow screen answers take turns, and few frames are late", () => {
  const rooms = frames(600, 9);
  const late = rooms.slice(100).filter((room) => room * 9 > 16.7).length;
  expect(late).toBeLessThan(rooms.length * 0.05);
  expect(Math.min(...rooms)).toBe(1);
});

test("there is always one that grows", () => {
  expect(Math.min(...frames(100, 60))).toBe(1);
});

test("a pause between answers is no late frame", () => {
  const pace = new Pace();
  for (let frame = 0; frame < 200; frame++) pace.room(frame * 16.7, 8);
  pace.rest();
  expect(pace.room(60_000, 8)).toBe(8);
});
