import { expect, test } from "vitest";
import { chain, grown, overviewOf, wild } from "./forest";
import { at, idOf, nodeOf, NONE, pathTo, sameShape, treeOf, within } from "./model";
import { collapseOthers, placeOf, shownOf } from "./shown";

const none = new Set<number>();

test("everything is shown once, parents before what hangs on them", () => {
  const tree = wild(2_000);
  const shown = shownOf(tree, none, null);
  expect(shown.count).toBe(2_000);
  expect(new Set(shown.node).size).toBe(2_000);
  for (let i = 0; i < shown.count; i++) {
    const up = at(shown.up, i);
    expect(up < 0 ? NONE : at(shown.node, up)).toBe(at(tree.above, at(shown.node, i)));
    expect(up).toBeLessThan(i);
  }
});

test("a fold hides what hangs on a node, and a pill holds it", () => {
  //  0 ─ 1 ─ 3 ─ 4
  //    └ 2 ─ 5
  const tree = grown([NONE, 0, 0, 1, 3, 2]);
  const shown = shownOf(tree, new Set([1]), null);
  expect([...shown.node]).toEqual([0, 1, 1, 2, 5]);
  expect([...shown.pill]).toEqual([0, 0, 1, 0, 0]);
  expect([at(shown.item, 3), at(shown.item, 4)]).toEqual([2, 2]);
  expect([at(tree.weight, 1), at(tree.ends, 1)]).toEqual([2, 1]);
  // A fold of an end folds nothing.
  expect(shownOf(tree, new Set([4]), null).count).toBe(6);
});

test("only a subtree is shown, and the way back is all of it", () => {
  const tree = grown([NONE, 0, 0, 1, 3, 2]);
  const shown = shownOf(tree, none, 1);
  expect([...shown.node]).toEqual([1, 3, 4]);
  expect([...shown.rank]).toEqual([0, 1, 2]);
  expect(at(shown.item, 5)).toBe(NONE);
  expect(placeOf(tree, shown, 0)).toEqual({ number: 1, of: 1 });
  expect(shownOf(tree, none, null).count).toBe(6);
});

test("all but the active path folds: what leads to it stays whole", () => {
  const tree = grown([NONE, 0, 0, 1, 3, 2, 0]);
  const collapsed = collapseOthers(tree, new Set([4]));
  expect([...collapsed]).toEqual([2]);
  const shown = shownOf(tree, collapsed, null);
  for (const node of pathTo(tree, 4)) expect(at(shown.pill, at(shown.item, node))).toBe(0);
});

test("a chain of 50,000 is folded and shown without recursion", () => {
  const tree = chain(50_000);
  expect(shownOf(tree, none, null).ranks).toBe(50_000);
  expect(shownOf(tree, new Set([10]), null).count).toBe(12);
  expect(at(shownOf(tree, new Set([10]), null).item, 49_999)).toBe(11);
  expect(within(tree, 49_999, 3)).toBe(true);
  expect(pathTo(tree, 49_999)).toHaveLength(50_000);
});

test("a merge stands behind the deepest of its sources, and keeps them all", () => {
  //  0 ─ 1 ─ 3      the merge stands where 1 stands, made from 3 and 2
  //    └ 2
  const tree = grown([NONE, 0, 0, 1, 0], [[4, 1, 3, 2]]);
  expect(at(tree.above, 4)).toBe(3);
  expect(tree.merges.get(4)).toEqual([1, 3, 2]);
  expect(pathTo(tree, 4)).toEqual([0, 4]);
});

test("what comes from elsewhere in no good order makes no circle", () => {
  const tree = grown([3, 0, 9, 1, 4]);
  expect([...tree.parents]).toEqual([NONE, 0, NONE, 1, NONE]);
  expect(shownOf(tree, none, null).count).toBe(5);
});

test("a node is found by its id, written as the engine writes it everywhere else", () => {
  const tree = grown([NONE, 0, 1]);
  const id = idOf(tree, 2);
  expect(id).toBe("00000000-0000-0000-0000-000000000002");
  expect(nodeOf(tree, id)).toBe(2);
  expect(nodeOf(tree, "00000000-0000-0000-0000-000000000009")).toBe(NONE);
});

test("siblings know their place", () => {
  const tree = grown([NONE, 0, 0, 0, 2]);
  const shown = shownOf(tree, none, null);
  expect(placeOf(tree, shown, at(shown.item, 2))).toEqual({ number: 2, of: 3 });
  expect(placeOf(tree, shown, at(shown.item, 4))).toEqual({ number: 1, of: 1 });
});

test("a tree in which only a status or a word is other is not laid out anew", () => {
  const parents = [NONE, 0, 0, 1];
  const one = grown(parents);
  const same = treeOf({ ...overviewOf(parents), statuses: [1, 0, 4, 1], labels: ["a", "b", "c", "d"] }, one);
  expect([same.above, same.kids]).toEqual([one.above, one.kids]);
  expect(same.above).toBe(one.above);
  expect(same.words).toEqual(["a", "b", "c", "d"]);
  expect(treeOf(overviewOf([...parents, 3]), one).above).not.toBe(one.above);
});

test("what only says something else is drawn alike", () => {
  const one = grown([NONE, 0, 0]);
  expect(sameShape(one, grown([NONE, 0, 0]))).toBe(true);
  expect(sameShape(one, grown([NONE, 0, 0, 1]))).toBe(false);
  expect(sameShape(one, grown([NONE, 0, 1]))).toBe(false);
});
