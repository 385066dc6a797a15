import { expect, test } from "vitest";
import type { CatalogEntry, Prices } from "@/ipc";
import { best, dayText, offerOf } from "./facts";

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

test("days and months are written as far as they are told", () => {
  expect(dayText("2026-02-05")).toBe("Feb 5, 2026");
  expect(dayText("2025-08")).toBe("Aug 2025");
  expect([dayText(null), dayText(undefined)]).toEqual([null, null]);
});

test("the best of a row is marked only where there is one", () => {
  expect([...best([3, null, 1, 1], false)]).toEqual([2, 3]);
  expect([...best([3, null, 1], true)]).toEqual([0]);
  expect(best([1, 1], true).size).toBe(0);
  expect(best([1, null], true).size).toBe(0);
});
