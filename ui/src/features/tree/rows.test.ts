import { expect, test } from "vitest";
import { chain, grown, wild } from "./forest";
import { at, NONE } from "./model";
import { rowsOf } from "./rows";
import { shownOf } from "./shown";

test("the line that is followed stays at the edge, other answers stand below the one it took", () => {
  //  0 ─ 1
  //    ├ 2 ─ 4 ─ 5
  //    └ 3 ─ 6
  const tree = grown([NONE, 0, 0, 0, 2, 4, 3]);
  const shown = shownOf(tree, new Set(), null);
  const rows = rowsOf(tree, shown, new Set([0, 2, 4]));
  const written = [...rows.item].map((i, r) => [at(shown.node, i), at(rows.lane, r)]);
  expect(written).toEqual([
    [0, 0],
    [2, 0],
    [1, 1],
    [3, 1],
    [6, 1],
    [4, 0],
    [5, 0],
  ]);
  // The line from 2 to 4 runs past what stands between them; that to 3 runs past 1.
  expect([...rows.through].map((lanes) => lanes & 1)).toEqual([0, 1, 1, 1, 1, 0, 0]);
});

test("every item has a row of its own, below the one that it hangs on", () => {
  const tree = wild(3_000);
  const shown = shownOf(tree, new Set(), null);
  const rows = rowsOf(tree, shown, new Set([0]));
  expect(new Set(rows.item).size).toBe(3_000);
  for (let r = 1; r < 3_000; r++) expect(at(rows.from, r)).toBeLessThan(r);
});

test("a chain of 50,000 is one lane", () => {
  const tree = chain(50_000);
  const rows = rowsOf(tree, shownOf(tree, new Set(), null), new Set());
  expect(Math.max(...rows.lane.subarray(0, 100), at(rows.lane, 49_999))).toBe(0);
});
