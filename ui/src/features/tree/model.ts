/**
 * A conversation's tree in columns: one typed array for each property, so that 50,000 nodes cost a few megabytes and
 * no object each. Nodes stand in the order in which they were made, parents before their children.
 */
import type { MessageId, Target, TreeOverview, TreeTip } from "@/ipc";

/** No node. */
export const NONE = -1;

const ROLES = ["system", "user", "assistant", "tool"] as const;
const STATUSES = ["streaming", "complete", "stopped", "interrupted", "failed"] as const;
/** What {@link TreeOverview} says of a node in bits. */
const FLAGS = { merge: 1, bookmark: 2, path: 4, tip: 8, copied: 16 } as const;

export type Tree = {
  size: number;
  /** As the engine writes them: 32 digits each. */
  ids: string;
  /** The path's parent; {@link NONE} at a root. */
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
  roles: ArrayLike<number>;
  statuses: ArrayLike<number>;
  flags: ArrayLike<number>;
  /** Seconds since 1970. */
  times: ArrayLike<number>;
  /** Who answered, as a number in `targets`. */
  models: ArrayLike<number>;
  targets: readonly Target[];
  /** How each begins. */
  words: readonly string[];
  branches: readonly TreeTip[];
  /** By its 32 digits; made when it is asked for first. */
  numbers?: Map<string, number>;
};

/** Of the tree `before` everything is kept that has not changed: who lays it out sees that by the arrays. */
export function treeOf(overview: TreeOverview, before?: Tree): Tree {
  const size = overview.parents.length;
  // What does not stand before its child is no parent: such a node is a root, and nothing can run in circles.
  const parents = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const parent = overview.parents[i] ?? NONE;
    parents[i] = parent >= 0 && parent < i ? parent : NONE;
  }
  const merges = new Map<number, readonly number[]>();
  for (const [node = size, ...sources] of overview.merges) {
    const known = sources.filter((source) => source < node);
    if (node < size && known.length > 0) merges.set(node, known);
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
  const {
    ids,
    roles,
    statuses,
    flags,
    times,
    modelsOf: models,
    models: targets,
    labels: words,
    branches,
  } = overview;
  const said = { ids, roles, statuses, flags, times, models, targets, words, branches };
  if (before && sameShape(before, { size, ids, above })) return { ...before, ...said, parents, merges };
  return { ...said, size, parents, above, depth, first, kids, roots, weight, ends, merges };
}

export function idOf({ ids }: Tree, node: number): MessageId {
  const hex = ids.slice(node * 32, node * 32 + 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The node with this id; {@link NONE} where it is not there, or not any more. */
export function nodeOf(tree: Tree, id: MessageId | null): number {
  if (id === null) return NONE;
  if (!tree.numbers) {
    tree.numbers = new Map();
    for (let i = 0; i < tree.size; i++) tree.numbers.set(tree.ids.slice(i * 32, i * 32 + 32), i);
  }
  return tree.numbers.get(id.replaceAll("-", "")) ?? NONE;
}

export const roleOf = (tree: Tree, node: number) => ROLES[at(tree.roles, node)] ?? "user";
export const statusOf = (tree: Tree, node: number) => STATUSES[at(tree.statuses, node)] ?? "complete";
export const targetOf = (tree: Tree, node: number): Target | null =>
  tree.targets[at(tree.models, node)] ?? null;
export const has = (tree: Tree, node: number, flag: keyof typeof FLAGS): boolean =>
  (at(tree.flags, node) & FLAGS[flag]) !== 0;

/** The branch that the conversation goes on with. */
export const headOf = (tree: Tree): TreeTip | undefined => tree.branches.find(({ head }) => head);

/** An entry that is there; the arrays here are never read beyond their ends. */
export const at = (array: ArrayLike<number>, i: number): number => array[i] as number;

/** What is sent to a model for this node, the root first. */
export function pathTo(tree: Tree, node: number): number[] {
  const path: number[] = [];
  for (let i = node; i >= 0; i = at(tree.parents, i)) path.push(i);
  return path.reverse();
}

type Shape = Pick<Tree, "size" | "ids" | "above">;

/** Whether two trees are drawn alike, apart from what their nodes say. */
export function sameShape(one: Shape, other: Shape): boolean {
  if (one.size !== other.size || one.ids !== other.ids) return false;
  for (let i = 0; i < one.size; i++) if (one.above[i] !== other.above[i]) return false;
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
