/**
 * Moving through a tree by keys. They mean the same as in the columns, whichever way the tree is drawn: up is what was
 * said before, down what follows, left and right are the other answers to the same.
 */
import { ahead, at, NONE, type Tree } from "./model";
import { nextOf, type Shown } from "./shown";

export type Move = "parent" | "child" | "previous" | "next" | "first" | "last" | "back" | "on";

const PAGE = 10;

export const moves: Readonly<Record<string, Move>> = {
  ArrowUp: "parent",
  ArrowDown: "child",
  ArrowLeft: "previous",
  ArrowRight: "next",
  Home: "first",
  End: "last",
  PageUp: "back",
  PageDown: "on",
};

/** The item to go to from `i`, which may be `i`; pills are passed over. `preferred`: where a line goes on. */
export function moved(
  tree: Tree,
  shown: Shown,
  i: number,
  move: Move,
  preferred: ReadonlySet<number>,
): number {
  const up = (k: number) => (at(shown.up, k) < 0 ? k : at(shown.up, k));
  const down = (k: number) => {
    const node = at(shown.node, k);
    const next = shown.pill[k] ? NONE : ahead(tree, node, preferred);
    const item = next === NONE ? NONE : at(shown.item, next);
    return item === NONE || shown.pill[item] ? k : item;
  };
  const far = (step: (k: number) => number, most: number) => {
    let k = i;
    for (let n = 0; n < most; n++) {
      const next = step(k);
      if (next === k) break;
      k = next;
    }
    return k;
  };
  switch (move) {
    case "parent":
      return up(i);
    case "child":
      return down(i);
    case "previous":
      return at(shown.before, i) < 0 ? i : at(shown.before, i);
    case "next":
      return nextOf(shown, i) < 0 ? i : nextOf(shown, i);
    case "first":
      return far(up, Infinity);
    case "last":
      return far(down, Infinity);
    case "back":
      return far(up, PAGE);
    case "on":
      return far(down, PAGE);
  }
}

/** The item that stands for a node: itself, or whoever it is folded into. */
export function standsFor(shown: Shown, node: number): number {
  const item = node < 0 || node >= shown.item.length ? NONE : at(shown.item, node);
  return item !== NONE && shown.pill[item] ? at(shown.up, item) : item;
}
