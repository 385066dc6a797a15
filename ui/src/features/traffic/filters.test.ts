import { expect, test } from "vitest";
import { begins, everything, isNarrowed, queryOf, usual } from "./filters";

const now = Date.parse("2026-11-22T10:17:42.500Z");

test("a span begins at a whole minute, so that the same question is asked for a while", () => {
  expect(begins("hour", now)).toBe("2026-11-22T09:17:00.000Z");
  expect(begins("hour", now + 1_000)).toBe(begins("hour", now));
  expect(begins("week", now)).toBe("2026-11-15T10:17:00.000Z");
  expect(begins("all", now)).toBeNull();
  const today = new Date(begins("today", now) ?? "");
  expect([today.getHours(), today.getMinutes()]).toEqual([0, 0]);
});

test("what was not chosen is not asked", () => {
  expect(queryOf({ ...everything, span: "all" }, now)).toEqual({});
});

test("all that was chosen is asked", () => {
  const query = queryOf(
    {
      ...everything,
      span: "all",
      text: " claude ",
      outcome: "failed",
      status: 5,
      took: 10_000,
      cost: "0.1",
      cached: false,
    },
    now,
  );
  expect(query).toEqual({
    text: "claude",
    outcomes: ["failed"],
    status: 5,
    minDurationMs: 10_000,
    minCost: "0.1",
    cached: false,
  });
});

test("a prompt from the provider's cache and an answer from ours are two questions", () => {
  const asked = usual
    .filter(({ label }) => label.includes("cache"))
    .map(({ change }) => queryOf({ ...everything, span: "all", ...change }, now));
  expect(asked).toEqual([{ cached: true }, { fromCache: true }]);
});

test("a time alone narrows nothing", () => {
  expect(isNarrowed({ ...everything, span: "month" })).toBe(false);
  expect(isNarrowed({ ...everything, text: "x" })).toBe(true);
});
