import { expect, test } from "vitest";
import type { CatalogEntry, Prices } from "@/ipc";
import { best, costOf, offerOf, pricesFor } from "./facts";

const prices = (input: string | null, output: string | null, cachedRead: string | null = null): Prices => ({
  input,
  output,
  cachedRead,
  cachedWrite: null,
  reasoning: null,
});
const offer = (of: Partial<CatalogEntry>) => ({ target: null, ready: false, ...of }) as CatalogEntry;

test("a model is what it is where it can be asked, else at the cheapest", () => {
  const dear = offer({ provider: "dear", prices: prices("3", "15") });
  const cheap = offer({ provider: "cheap", prices: prices("1", "2") });
  const unknown = offer({ provider: "unknown", prices: prices(null, null) });
  expect(offerOf({ offers: [unknown, dear, cheap] })).toBe(cheap);
  const asked = { ...dear, target: "dear/x", ready: true };
  expect(offerOf({ offers: [cheap, asked] })).toBe(asked);
  expect(offerOf({ offers: [] })).toBeUndefined();
});

test("cached tokens are priced apart, long prompts by their step, and what has no price has no cost", () => {
  const of = {
    prices: prices("3", "15", "0.3"),
    above: [{ tokens: 200_000, prices: prices("6", "22.5", "0.6") }],
  };
  expect(costOf(of, { input: 1_000, cached: 400, output: 500, requests: 1_000 })).toEqual({
    input: 1.8,
    cached: 0.12,
    output: 7.5,
    all: 9.42,
  });
  expect(pricesFor(of, 200_000).input).toBe("3");
  expect(pricesFor(of, 200_001).input).toBe("6");
  expect(
    costOf({ prices: prices("1", null), above: [] }, { input: 1, cached: 0, output: 1, requests: 1 }),
  ).toBeNull();
  expect(
    costOf({ prices: prices("1", null), above: [] }, { input: 1e6, cached: 0, output: 0, requests: 1 })?.all,
  ).toBe(1);
  expect(
    costOf({ prices: prices("2", "1"), above: [] }, { input: 1e6, cached: 1e6, output: 0, requests: 1 })?.all,
  ).toBe(2);
});

test("the best of a row is marked only where there is one", () => {
  expect([...best([3, null, 1, 1], false)]).toEqual([2, 3]);
  expect([...best([3, null, 1], true)]).toEqual([0]);
  expect(best([1, 1], true).size).toBe(0);
  expect(best([1, null], true).size).toBe(0);
});
