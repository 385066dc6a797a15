import { expect, test } from "vitest";
import { apart, named, slotsOf, ticks } from "./scale";

test("an axis begins at zero, ends above the most, and has round steps", () => {
  expect(ticks(1.29)).toEqual([0, 0.5, 1, 1.5]);
  expect(ticks(16)).toEqual([0, 5, 10, 15, 20]);
  expect(ticks(0.3)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(ticks(0)).toEqual([0]);
  for (const most of [1e-6, 0.07, 3, 999, 1e9]) {
    const all = ticks(most);
    expect(all.at(-1)).toBeGreaterThanOrEqual(most * 0.999);
    expect(all.length).toBeLessThan(8);
  }
});

const days = (n: number) =>
  slotsOf({
    step: "day",
    starts: Array.from({ length: n }, (_, i) => new Date(2026, 10, 1 + i).toISOString()),
    until: new Date(2026, 10, 1 + n).toISOString(),
  });

test("slots follow each other without a gap and say their own day", () => {
  const all = days(3);
  expect(all.map((slot) => slot.short)).toEqual(["1 Nov", "2 Nov", "3 Nov"]);
  expect(all[0]?.until).toBe(all[1]?.from);
});

test("names under an axis have room, and the latest is among them", () => {
  expect(named(days(14), 460)).toEqual([1, 3, 5, 7, 9, 11, 13]);
  expect(named(days(3), 40)).toEqual([2]);
  const six = slotsOf({
    step: "sixHours",
    starts: Array.from({ length: 8 }, (_, i) => new Date(2026, 10, 1, i * 6).toISOString()),
    until: new Date(2026, 10, 3).toISOString(),
  });
  expect(named(six, 400)).toEqual([0, 4]);
});

test("labels that would cover each other stand apart, within the chart", () => {
  expect(apart([10, 12, 100], 14, 100)).toEqual([10, 24, 100]);
  expect(apart([98, 99], 14, 100)).toEqual([86, 100]);
});
