import { expect, test } from "vitest";
import { noCaps, readCaps, typed, type Wrong } from "./caps";

test("what is typed is what is asked for, and comes back as it was typed", () => {
  const caps = { usd: { ...noCaps.usd, day: "$ 0.50" }, tokens: { ...noCaps.tokens, total: "2,000,000" } };
  const asked = readCaps(caps, {});
  expect(asked).toEqual([
    { period: "day", usd: "0.50", tokens: null },
    { period: "total", usd: null, tokens: 2_000_000 },
  ]);
  expect(typed(asked).usd.day).toBe("0.50");
  expect(typed(asked).tokens).toEqual({ day: "", month: "", total: "2000000" });
});

test("what is no amount is named by its field, and nothing else is", () => {
  const wrong: Wrong = {};
  readCaps(
    { usd: { day: "0", month: "ten", total: "3" }, tokens: { day: "1.5", month: "", total: "" } },
    wrong,
  );
  expect(Object.keys(wrong).sort()).toEqual(["tokens.day", "usd.day", "usd.month"]);
});
