import { expect, test } from "vitest";
import { estimatedCost, tooLong, total } from "./estimates";

const plain = (text: string | null) => text?.replaceAll("\u00a0", " ");
const of = (cost: string | null) => ({ target: "a/b", input: 10, output: 500, cost, contextWindow: null });

test("an estimate has two digits, and unknown is neither free nor nothing", () => {
  expect(["0.031", "0.02417", "0", "1.5", "0.000123"].map((cost) => plain(estimatedCost({ cost })))).toEqual([
    "≈ $0.031",
    "≈ $0.024",
    "free",
    "≈ $1.50",
    "≈ $0.00012",
  ]);
  expect(estimatedCost({ cost: null })).toBe("unknown");
});

test("the total counts what is unknown apart", () => {
  expect(plain(total([of("0.031"), of("0.024"), of(null)]))).toBe("≈ $0.055 + 1 unknown");
  expect(total([of("0"), of("0")])).toBe("free");
  expect(total([of(null)])).toBe("cost unknown");
  expect(total([])).toBeNull();
});

test("a prompt that is longer than the window does not fit, and an unknown window says nothing", () => {
  expect(tooLong({ ...of("0"), input: 33_000, contextWindow: 32_768 })).toBe(true);
  expect(tooLong({ ...of("0"), input: 33_000, contextWindow: null })).toBe(false);
});
