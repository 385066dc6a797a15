/** What of a tree is shown: all of it, or what is behind one node, with subtrees folded into pills. */
import { at, NONE, type Tree } from "./model";

/**
 * Items stand in preorder: what lies behind item `i` are the items `i + 1` to `end[i] - 1`. A pill stands behind the
 * node whose subtree it holds.
 */
export type Shown = {
  count: number;
  /** Of a pill, the node that is folded. */
  node: Int32Array;
  pill: Uint8Array;
  /** The item before it; {@link NONE} for the first ones. */
  up: Int32Array;
  rank: Int32Array;
  end: Int32Array;
  /** The sibling before it. */
  before: Int32Array;
  /** By node, its item, or that of the pill that holds it; {@link NONE} outside of what is shown. */
  item: Int32Array;
  /** How many ranks there are. */
  ranks: number;
};

/** `only`: the node that everything else is hidden around. */
export function shownOf(tree: Tree, collapsed: ReadonlySet<number>, only: number | null): Shown {
  const most = only === null ? tree.size : at(tree.weight, only) + 1;
  const node = new Int32Array(most + 1);
  const pill = new Uint8Array(most + 1);
  const up = new Int32Array(most + 1);
  const rank = new Int32Array(most + 1);
  const end = new Int32Array(most + 1);
  const before = new Int32Array(most + 1);
  const item = new Int32Array(tree.size).fill(NONE);
  let count = 0;
  let ranks = 0;

  const add = (what: number, isPill: number, behind: number, previous: number) => {
    const i = count++;
    node[i] = what;
    pill[i] = isPill;
    up[i] = behind;
    before[i] = previous;
    rank[i] = behind < 0 ? 0 : at(rank, behind) + 1;
    ranks = Math.max(ranks, at(rank, i) + 1);
    end[i] = i + 1;
    return i;
  };

  // A stack of our own: chains are as long as they like.
  const open: number[] = [];
  const starts = only === null ? tree.roots : Int32Array.of(only);
  let last = NONE;
  for (const start of starts) {
    let next = start;
    let behind: number = NONE;
    let previous = last;
    for (;;) {
      const i = add(next, 0, behind, previous);
      item[next] = i;
      if (behind < 0) last = i;
      const from = at(tree.first, next);
      if (from < at(tree.first, next + 1)) {
        if (!collapsed.has(next)) {
          open.push(i, from + 1);
          next = at(tree.kids, from);
          behind = i;
          previous = NONE;
          continue;
        }
        const held = add(next, 1, i, NONE);
        end[i] = held + 1;
      }
      // Back to the nearest one that has another child.
      let child = i;
      for (;;) {
        const k = open.pop();
        const parent = open.pop();
        if (k === undefined || parent === undefined) {
          next = NONE;
          break;
        }
        end[parent] = count;
        if (k < at(tree.first, at(node, parent) + 1)) {
          open.push(parent, k + 1);
          next = at(tree.kids, k);
          behind = parent;
          previous = child;
          break;
        }
        child = parent;
      }
      if (next === NONE) break;
    }
  }
  // What a pill holds is found at the pill.
  if (collapsed.size > 0)
    for (let i = 0; i < tree.size; i++) {
      const above = at(tree.above, i);
      if (item[i] !== NONE || above < 0) continue;
      const held = at(item, above);
      if (held !== NONE) item[i] = pill[held] ? held : held + 1;
    }
  return {
    count,
    node: node.subarray(0, count),
    pill: pill.subarray(0, count),
    up: up.subarray(0, count),
    rank: rank.subarray(0, count),
    end: end.subarray(0, count),
    before: before.subarray(0, count),
    item,
    ranks,
  };
}

/** Where among its siblings an item stands, from 1, and how many they are. */
export function placeOf(tree: Tree, shown: Shown, i: number): { number: number; of: number } {
  const alone = at(shown.up, i) < 0 && at(shown.end, 0) === shown.count;
  if (shown.pill[i] || alone) return { number: 1, of: 1 };
  const node = at(shown.node, i);
  const above = at(tree.above, node);
  const all = above < 0 ? tree.roots : tree.kids;
  const from = above < 0 ? 0 : at(tree.first, above);
  const to = above < 0 ? all.length : at(tree.first, above + 1);
  // Siblings stand in the order in which they were made, so the place is found by halving.
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(all, middle) < node) low = middle + 1;
    else high = middle;
  }
  return { number: low - from + 1, of: to - from };
}

/** The sibling behind it. */
export function nextOf(shown: Shown, i: number): number {
  const next = at(shown.end, i);
  return next < shown.count && shown.up[next] === shown.up[i] ? next : NONE;
}

/** The first thing behind an item. */
export function firstOf(shown: Shown, i: number): number {
  return at(shown.end, i) > i + 1 ? i + 1 : NONE;
}

/** All but the lines that lead to `kept` are folded; whoever has one child only is not worth a fold. */
export function collapseOthers(tree: Tree, kept: ReadonlySet<number>): Set<number> {
  const along = new Set<number>();
  for (const node of kept) for (let i = node; i >= 0 && !along.has(i); i = at(tree.above, i)) along.add(i);
  const collapsed = new Set<number>();
  for (let i = 0; i < tree.size; i++) {
    const above = at(tree.above, i);
    const branchesOff = above < 0 || along.has(above);
    if (branchesOff && !along.has(i) && at(tree.weight, i) > 0) collapsed.add(i);
  }
  return collapsed;
}
