import { expect, test } from "vitest";
import type { CatalogEntry, PriceLoad, Prices } from "../bindings";
import { costOf } from "./pricing";

const prices = (input: string | null, output: string | null, cachedRead: string | null = null): Prices => ({
  input,
  output,
  cachedRead,
  cachedWrite: null,
  reasoning: null,
});
const load = (of: Partial<PriceLoad>): PriceLoad => ({
  input: 1_000,
  cached: 400,
  output: 500,
  requests: 1_000,
  batch: false,
  ...of,
});

test("the made-up engine prices cached tokens apart, long prompts by their step, and batches by theirs", () => {
  const offer = {
    prices: prices("3", "15", "0.3"),
    above: [{ tokens: 200_000, prices: prices("6", "22.5", "0.6") }],
    batch: prices("1.5", null),
  } as CatalogEntry;
  expect(costOf(offer, load({}))).toEqual({
    input: "1.8",
    cached: "0.12",
    output: "7.5",
    one: "0.00942",
    all: "9.42",
  });
  expect(costOf(offer, load({ input: 200_000, cached: 0, output: 0, requests: 1 }))?.all).toBe("0.6");
  expect(costOf(offer, load({ input: 200_001, cached: 0, output: 0, requests: 1 }))?.all).toBe("1.200006");
  expect(costOf(offer, load({ batch: true }))).toBeNull();
  expect(costOf(offer, load({ batch: true, output: 0 }))?.all).toBe("1.5");
});
