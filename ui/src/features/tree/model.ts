/**
 * A conversation's tree in columns: one typed array for each property, so that 50,000 nodes cost a few megabytes and
 * no object each. Nodes stand in the order in which they were made, parents before their children.
 */
import type { BranchId, MessageId, MessageStatus, Role, Target } from "@/ipc";

/** No node. */
export const NONE = -1;

export type TreeBranch = {
  id: BranchId;
  name: string;
  /** Made by comparing and never named: its tip is marked, its name is not. */
  column: boolean;
  tip: number;
};

/** What a tree is made of. */
export type Columns = {
  ids: readonly MessageId[];
  /** The node before it on its path, as an index; {@link NONE} at a root. */
  parents: ArrayLike<number>;
  roles: readonly Role[];
  statuses: readonly MessageStatus[];
  /** Who answered, as an index of `targets`; {@link NONE} where nobody is known. */
  models: ArrayLike<number>;
  targets: readonly Target[];
  /** How each begins. */
  words: readonly string[];
  /** Where a merge comes from, in order, the first included. */
  sources: readonly { node: number; sources: readonly number[] }[];
};

export type Tree = Columns & {
  size: number;
  index: ReadonlyMap<MessageId, number>;
  /** The path's parent. */
  parents: Int32Array;
  /** Under which node it is drawn: a merge stands behind the deepest of its sources, everything else behind its parent. */
  above: Int32Array;
  /** Steps from a root, as drawn. */
  depth: Int32Array;
  /** What is drawn behind node `i`, in order: `kids[first[i]]` up to `kids[first[i + 1] - 1]`. */
  first: Int32Array;
  kids: Int32Array;
  roots: Int32Array;
  /** Nodes behind it, and how many of them, or itself, are ends. */
  weight: Int32Array;
  ends: Int32Array;
  merges: ReadonlyMap<number, readonly number[]>;
};

export function treeOf(columns: Columns): Tree {
  const { ids } = columns;
  const size = ids.length;
  const index = new Map<MessageId, number>();
  for (let i = 0; i < size; i++) index.set(ids[i] ?? "", i);

  // What does not stand before its child is no parent: such a node is a root, and nothing can run in circles.
  const parents = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const parent = columns.parents[i] ?? NONE;
    parents[i] = parent >= 0 && parent < i ? parent : NONE;
  }
  const merges = new Map<number, readonly number[]>();
  for (const { node, sources } of columns.sources) {
    const known = sources.filter((source) => source >= 0 && source < node);
    if (node < size && known.length > 1) merges.set(node, known);
  }

  const above = parents.slice();
  const depth = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    for (const source of merges.get(i) ?? [])
      if (above[i] === parents[i] || at(depth, source) > at(depth, at(above, i))) above[i] = source;
    depth[i] = at(above, i) < 0 ? 0 : at(depth, at(above, i)) + 1;
  }

  const first = new Int32Array(size + 1);
  let rooted = 0;
  for (let i = 0; i < size; i++) {
    const up = at(above, i);
    if (up < 0) rooted++;
    else first[up + 1] = at(first, up + 1) + 1;
  }
  for (let i = 0; i < size; i++) first[i + 1] = at(first, i + 1) + at(first, i);
  const kids = new Int32Array(size - rooted);
  const roots = new Int32Array(rooted);
  const next = first.slice();
  let root = 0;
  for (let i = 0; i < size; i++) {
    const up = at(above, i);
    if (up < 0) roots[root++] = i;
    else {
      const place = at(next, up);
      kids[place] = i;
      next[up] = place + 1;
    }
  }

  const weight = new Int32Array(size);
  const ends = new Int32Array(size);
  for (let i = size - 1; i >= 0; i--) {
    if (at(first, i) === at(first, i + 1)) ends[i] = 1;
    const up = at(above, i);
    if (up < 0) continue;
    weight[up] = at(weight, up) + at(weight, i) + 1;
    ends[up] = at(ends, up) + at(ends, i);
  }
  return { ...columns, size, index, parents, above, depth, first, kids, roots, weight, ends, merges };
}

/** An entry that is there; the arrays here are never read beyond their ends. */
export const at = (array: ArrayLike<number>, i: number): number => array[i] as number;

/** What is sent to a model for this node, the root first. */
export function pathTo(tree: Tree, node: number): number[] {
  const path: number[] = [];
  for (let i = node; i >= 0; i = at(tree.parents, i)) path.push(i);
  return path.reverse();
}

/** Whether two trees are drawn alike, apart from what their nodes say. */
export function sameShape(one: Tree, other: Tree): boolean {
  if (one.size !== other.size) return false;
  for (let i = 0; i < one.size; i++)
    if (one.above[i] !== other.above[i] || one.ids[i] !== other.ids[i]) return false;
  return true;
}

/** Whether `node` is `root` or drawn behind it. */
export function within(tree: Tree, node: number, root: number): boolean {
  let i = node;
  while (i > root) i = at(tree.above, i);
  return i === root;
}

/** Goes on from a node to an end: by what is `preferred` where that lies ahead, else by the first answer. */
export function endOf(tree: Tree, node: number, preferred: ReadonlySet<number>): number {
  let i = node;
  for (;;) {
    const next = ahead(tree, i, preferred);
    if (next === NONE) return i;
    i = next;
  }
}

/** The child that the reader would go on to. */
export function ahead(tree: Tree, node: number, preferred: ReadonlySet<number>): number {
  const from = at(tree.first, node);
  const to = at(tree.first, node + 1);
  for (let k = from; k < to; k++) if (preferred.has(at(tree.kids, k))) return at(tree.kids, k);
  return from < to ? at(tree.kids, from) : NONE;
}
