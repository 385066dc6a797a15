import { expect, test } from "vitest";
import { chain, grown } from "./forest";
import { moved, standsFor, type Move } from "./keys";
import { at, NONE } from "./model";
import { shownOf } from "./shown";

//  0 ─ 1 ─ 3 ─ 4
//    ├ 2 ─ 5
//    └ 6
const tree = grown([NONE, 0, 0, 1, 3, 2, 0]);

function goes(from: number, move: Move, preferred: number[] = [], collapsed: number[] = []): number {
  const shown = shownOf(tree, new Set(collapsed), null);
  return at(shown.node, moved(tree, shown, at(shown.item, from), move, new Set(preferred)));
}

test("up leads to the parent, down to the answer that the line goes on with", () => {
  expect(goes(3, "parent")).toBe(1);
  expect(goes(0, "parent")).toBe(0);
  expect(goes(0, "child")).toBe(1);
  expect(goes(0, "child", [2])).toBe(2);
  expect(goes(4, "child")).toBe(4);
});

test("left and right lead to the siblings, and stop at the ends", () => {
  expect(goes(1, "next")).toBe(2);
  expect(goes(2, "next")).toBe(6);
  expect(goes(6, "next")).toBe(6);
  expect(goes(2, "previous")).toBe(1);
  expect(goes(1, "previous")).toBe(1);
});

test("first and last are the ends of the line", () => {
  expect(goes(3, "first")).toBe(0);
  expect(goes(0, "last")).toBe(4);
  expect(goes(0, "last", [2])).toBe(5);
});

test("what is folded is not walked into, and stands for what it holds", () => {
  expect(goes(1, "child", [], [1])).toBe(1);
  expect(goes(0, "last", [], [1])).toBe(1);
  const shown = shownOf(tree, new Set([1]), null);
  expect(at(shown.node, standsFor(shown, 4))).toBe(1);
});

test("pages are ten steps, and the end of 50,000 is reached at once", () => {
  const long = chain(50_000);
  const shown = shownOf(long, new Set(), null);
  expect(moved(long, shown, 0, "on", new Set())).toBe(10);
  expect(moved(long, shown, 49_999, "back", new Set())).toBe(49_989);
  expect(moved(long, shown, 0, "last", new Set())).toBe(49_999);
});
