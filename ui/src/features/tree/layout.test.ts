import { expect, test } from "vitest";
import { broad, chain, grown, wild } from "./forest";
import { BOX, hit, inSight, planOf, xOf, yOf, type Way } from "./geometry";
import { layoutOf } from "./layout";
import { at, NONE, type Tree } from "./model";
import { nextOf, shownOf } from "./shown";

const drawn = (tree: Tree, way: Way = "across", collapsed = new Set<number>()) => {
  const shown = shownOf(tree, collapsed, null);
  return planOf(shown, layoutOf(shown), way);
};

const shapes: [string, Tree][] = [
  ["one node", grown([NONE])],
  ["two roots", grown([NONE, NONE, 0, 1, 1])],
  ["a deep side line under a short one", grown([NONE, 0, 0, 1, 3, 4, 2, 2, 6, 6])],
  ...Array.from({ length: 40 }, (_, seed): [string, Tree] => [
    `grown by chance ${seed}`,
    wild(200, seed + 1),
  ]),
  ["5,000 nodes", wild(5_000)],
];

test.each(shapes)("no two nodes of %s overlap, in either way", (_, tree) => {
  for (const way of ["across", "down"] as const) {
    const { layout } = drawn(tree, way);
    for (let r = 0; r < layout.ranks; r++)
      for (let k = at(layout.start, r) + 1; k < at(layout.start, r + 1); k++)
        expect(
          at(layout.slot, at(layout.order, k)) - at(layout.slot, at(layout.order, k - 1)),
        ).toBeGreaterThanOrEqual(1);
  }
});

test.each(shapes)("siblings of %s keep the order in which they were made", (_, tree) => {
  const { shown, layout } = drawn(tree);
  for (let i = 0; i < shown.count; i++) {
    const next = nextOf(shown, i);
    if (next === NONE) continue;
    expect(at(shown.node, next)).toBeGreaterThan(at(shown.node, i));
    expect(at(layout.slot, next)).toBeGreaterThan(at(layout.slot, i));
  }
});

test("a parent stands between its first and its last child", () => {
  const { shown, layout } = drawn(wild(2_000));
  for (let i = 0; i < shown.count; i++) {
    if (at(shown.end, i) === i + 1) continue;
    let last = i + 1;
    for (let k = nextOf(shown, last); k !== NONE; k = nextOf(shown, k)) last = k;
    expect(at(layout.slot, i)).toBeGreaterThanOrEqual(at(layout.slot, i + 1));
    expect(at(layout.slot, i)).toBeLessThanOrEqual(at(layout.slot, last));
  }
});

test("subtrees move together where their outlines let them", () => {
  // Two answers; the first goes on far, the second one ends: what hangs off the line later shares the second's slot.
  const plan = drawn(grown([NONE, 0, 0, 1, 3, 4, 4]));
  expect(plan.layout.slots).toBeLessThanOrEqual(2.5);
});

test("a chain of 50,000 and 10,000 siblings are laid out without recursion", () => {
  const long = drawn(chain(50_000));
  expect([long.layout.ranks, long.layout.slots]).toEqual([50_000, 1]);
  const wide = drawn(broad(10_000));
  expect([wide.layout.ranks, wide.layout.slots]).toEqual([2, 10_000]);
  expect(at(wide.layout.slot, 0)).toBe(4_999.5);
  const both = drawn(
    grown([
      ...Array.from({ length: 40_000 }, (_, i) => i - 1),
      ...Array.from({ length: 10_000 }, () => 39_999),
    ]),
  );
  expect([both.layout.ranks, both.layout.slots]).toEqual([40_001, 10_000]);
});

test("what is in sight is found without looking at the rest, and nothing in sight is missed", () => {
  for (const way of ["across", "down"] as const) {
    const plan = drawn(wild(3_000), way);
    for (const [x, y] of [
      [0, 0],
      [plan.width / 2, plan.height / 2],
      [plan.width - 400, plan.height - 300],
    ] as const) {
      const rect = { x, y, width: 800, height: 600 };
      const found: number[] = [];
      inSight(plan, rect, (i) => found.push(i));
      for (let i = 0; i < plan.shown.count; i++) {
        const inside =
          xOf(plan, i) < x + 800 &&
          xOf(plan, i) + BOX.width > x &&
          yOf(plan, i) < y + 600 &&
          yOf(plan, i) + BOX.height > y;
        if (inside) expect(found).toContain(i);
      }
      expect(found.length).toBeLessThan(400);
    }
  }
});

test("the pointer finds each box, and nothing beside it", () => {
  for (const way of ["across", "down"] as const) {
    const plan = drawn(wild(1_000), way);
    for (let i = 0; i < plan.shown.count; i++) {
      const [x, y] = [xOf(plan, i), yOf(plan, i)];
      expect(hit(plan, x + 1, y + 1)).toBe(i);
      expect(hit(plan, x + BOX.width - 1, y + BOX.height - 1)).toBe(i);
      expect(hit(plan, x + BOX.width / 2, y + BOX.height + 4)).not.toBe(i);
      expect(hit(plan, x - 4, y + 4)).not.toBe(i);
    }
  }
});
