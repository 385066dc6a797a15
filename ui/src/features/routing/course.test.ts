import { expect, test } from "vitest";
import type { LearnedTarget } from "@/ipc";
import { courses, known, slotsBack } from "./course";

const NOW = Date.parse("2026-11-22T10:20:00Z");
const at = (hour: number, mean: number) => ({
  hour: `2026-11-22T${String(hour).padStart(2, "0")}:00:00.000Z`,
  mean,
  weight: 3,
});

test("a day has twenty-four hours up to the present one, a month thirty days", () => {
  const day = slotsBack("day", NOW);
  expect(day.starts).toHaveLength(24);
  expect(day.starts.at(-1)).toBe("2026-11-22T10:00:00.000Z");
  expect(slotsBack("month", NOW).starts).toHaveLength(30);
  expect(slotsBack("month", NOW).step).toBe("day");
});

test("what is known stays until something is observed, and before that nothing is", () => {
  const span = {
    starts: ["06", "07", "08", "09", "10"].map((h) => `2026-11-22T${h}:00:00.000Z`),
    until: "2026-11-22T10:20:00.000Z",
  };
  expect(known([at(7, 100), at(10, 140)], span)).toEqual([null, 100, 100, 100, 140]);
  expect(known([at(1, 90)], span)).toEqual([90, 90, 90, 90, 90]);
  expect(known([], span)).toEqual([null, null, null, null, null]);
});

test("whoever was observed most comes first, and who was not at all is left out", () => {
  const row = (target: string, weight: number, course: ReturnType<typeof at>[]): LearnedTarget => ({
    target,
    class: null,
    at: "2026-11-22T10:00:00Z",
    measures: [{ measure: "firstMs", mean: 1, weight, course }],
  });
  const rows = [row("a/x", 2, [at(9, 1)]), row("b/y", 5, [at(9, 2)]), row("c/z", 9, [])];
  expect(courses(rows, "firstMs", slotsBack("day", NOW)).map(({ target }) => target)).toEqual(["b/y", "a/x"]);
});
