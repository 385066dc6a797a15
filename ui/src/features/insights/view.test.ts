import { expect, test } from "vitest";
import { begins, taken } from "./view";

test("days are the user's own, today is one of them, and a change of the clock moves none", () => {
  const now = new Date(2026, 9, 27, 15, 30).getTime();
  const from = new Date(begins("7d", now) ?? "");
  expect([from.getDate(), from.getHours(), from.getMinutes()]).toEqual([21, 0, 0]);
  expect(begins("all", now)).toBeNull();
  expect(now - Date.parse(begins("24h", now) ?? "")).toBe(23.5 * 3_600_000);
});

test("what was looked at last is taken up, and nothing else", () => {
  expect(taken({ report: "latency", period: "for ever", by: "key" })).toEqual({
    report: "latency",
    period: "14d",
    by: "key",
  });
  expect(taken("something else")).toEqual({});
});
