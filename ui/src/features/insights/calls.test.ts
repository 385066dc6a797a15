import { expect, test } from "vitest";
import { wanted } from "./calls";
import { saved, spent } from "./words";

const span = { from: "2026-11-01T00:00:00Z", until: "2026-11-22T00:00:00Z" };
const slot = { from: "2026-11-03T00:00:00Z", until: "2026-11-04T00:00:00Z", short: "", long: "" };

test("a figure leads to exactly the calls that it is of", () => {
  expect(wanted({ slot }, { by: "model", only: null }, span)).toEqual({
    range: { from: slot.from, until: slot.until },
  });
  expect(wanted({ line: { id: "a/b" } }, { by: "model", only: null }, span)).toEqual({
    range: span,
    served: "a/b",
  });
  expect(wanted({ error: "timeout" }, { by: "provider", only: { id: "a", name: "a" } }, span)).toEqual({
    range: span,
    error: "timeout",
    served: "a/",
  });
});

test("what is unknown is neither free nor nothing", () => {
  const sum = {
    ...{ calls: 3, failed: 0, input: 1, cachedRead: 0, cachedWrite: 0, output: 1, reasoning: 0 },
    ...{ cost: "0", estimated: 0, estimatedCost: "0", unpriced: 0 },
  };
  expect(spent(sum)).toBe("free");
  expect(spent({ ...sum, unpriced: 3 })).toBe("3 calls of unknown price");
  expect(spent({ ...sum, unpriced: 1, cost: "2" })).toBe("$2.00 and 1 call of unknown price");
  expect(spent({ ...sum, cost: "2", estimatedCost: "1" })).toBe("≈\u00a0$2.00");
  expect(saved([{ kind: "promptCache", usd: null, calls: 0, unknown: 2 }])).toBeNull();
  expect(
    saved([
      { kind: "promptCache", usd: "2", calls: 1, unknown: 0 },
      { kind: "route", usd: "-0.5", calls: 1, unknown: 0 },
    ]),
  ).toBe(1.5);
});
