/** What is drawn: a plan of the tree, and what its items look like. Made anew when the tree changes, not when it moves. */
import type { Plan } from "./geometry";
import { at, headOf, NONE, type Tree } from "./model";
import type { Shown } from "./shown";

/** A branch's name over the item that its tip is, or is folded into. */
export type Tag = { name: string; head: boolean };

export type Scene = {
  tree: Tree;
  plan: Plan;
  tags: ReadonlyMap<number, readonly Tag[]>;
  /** By rank, the item that the line to the head goes through; {@link NONE} behind its end. */
  line: Int32Array;
  /** By node, whether it is on the path to the head. */
  path: Uint8Array;
  /** Further sources of merges, as pairs of items. */
  joins: readonly { from: number; to: number }[];
};

export function sceneOf(tree: Tree, plan: Plan): Scene {
  const { shown } = plan;
  return {
    tree,
    plan,
    tags: tagsOf(tree, shown),
    line: lineOf(tree, shown),
    path: pathOf(tree),
    joins: joinsOf(tree, shown),
  };
}

export function pathOf(tree: Tree): Uint8Array {
  const path = new Uint8Array(tree.size);
  for (let i = headOf(tree)?.tip ?? NONE; i >= 0; i = at(tree.parents, i)) path[i] = 1;
  return path;
}

/** Columns have no name of their own until they are renamed. */
function tagsOf(tree: Tree, shown: Shown): Map<number, Tag[]> {
  const tags = new Map<number, Tag[]>();
  for (const { name, kind, tip, head } of tree.branches) {
    const item = tip < 0 || (kind === "column" && !head) ? NONE : at(shown.item, tip);
    if (item === NONE) continue;
    const there = tags.get(item) ?? [];
    if (head) there.unshift({ name, head });
    else there.push({ name, head });
    tags.set(item, there);
  }
  return tags;
}

function lineOf(tree: Tree, shown: Shown): Int32Array {
  const line = new Int32Array(shown.ranks).fill(NONE);
  const tip = headOf(tree)?.tip ?? NONE;
  for (let i = tip < 0 ? NONE : at(shown.item, tip); i >= 0; i = at(shown.up, i)) line[at(shown.rank, i)] = i;
  return line;
}

function joinsOf(tree: Tree, shown: Shown): { from: number; to: number }[] {
  const joins: { from: number; to: number }[] = [];
  for (const [merge, sources] of tree.merges) {
    const to = at(shown.item, merge);
    if (to === NONE || shown.pill[to]) continue;
    for (const source of sources) {
      const from = source === tree.above[merge] ? NONE : at(shown.item, source);
      if (from !== NONE && from !== to) joins.push({ from, to });
    }
  }
  return joins;
}
