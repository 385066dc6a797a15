import { expect, test } from "vitest";
import type { Candidate } from "@/ipc";
import { piecesOf } from "./parts";

const part = (name: "quality" | "cost" | "preference", value: number, weight: number) => ({
  name,
  value,
  weight,
  because: "",
});
const candidate = (score: number | null, ...parts: ReturnType<typeof part>[]): Candidate => ({
  target: "a/b",
  excluded: null,
  score,
  parts,
});

test("the pieces of a score add up to it, also where answers seldom come whole", () => {
  const pieces = piecesOf(candidate(0.3, part("quality", 0.8, 0.5), part("cost", 0.4, 0.5)));
  expect(pieces.map(({ amount }) => Number(amount.toFixed(3)))).toEqual([0.2, 0.1]);
});

test("votes that speak against somebody take away", () => {
  const pieces = piecesOf(candidate(0.5, part("quality", 0.8, 1), part("preference", -1, 0.3)));
  expect(pieces.find(({ name }) => name === "preference")?.amount).toBeCloseTo(-0.3);
  expect(piecesOf(candidate(null))).toEqual([]);
});
