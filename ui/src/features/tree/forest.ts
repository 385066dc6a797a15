/** Trees of every shape, for tests: the same ones each time. */
import { NONE, treeOf, type Tree } from "./model";
import type { TreeOverview } from "@/ipc";

/** `merges`: each its number, then its sources. */
export function overviewOf(parents: readonly number[], merges: number[][] = []): TreeOverview {
  return {
    total: parents.length,
    first: 0,
    ids: parents.map((_, i) => i.toString(16).padStart(32, "0")).join(""),
    parents: [...parents],
    roles: parents.map((parent, i) => (parent === NONE || i % 2 === 0 ? 1 : 2)),
    statuses: parents.map(() => 1),
    modelsOf: parents.map((_, i) => i % 5),
    flags: parents.map(() => 0),
    times: parents.map((_, i) => 1_700_000_000 + i),
    labels: parents.map((_, i) => `words of ${i}`),
    models: ["a/one", "b/two", "c/three", "d/four", "e/five"],
    merges,
    branches: [],
  };
}

export const grown = (parents: readonly number[], merges?: number[][]): Tree =>
  treeOf(overviewOf(parents, merges));

/** Numbers that look like chance. */
export function chance(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export const chain = (length: number) => grown(Array.from({ length }, (_, i) => i - 1));
export const broad = (width: number) =>
  grown(Array.from({ length: width + 1 }, (_, i) => (i === 0 ? NONE : 0)));

/** Grows at chance places, the late ones preferred: long lines with many that were left. */
export function wild(size: number, seed = 7): Tree {
  const random = chance(seed);
  return grown(
    Array.from({ length: size }, (_, i) =>
      i === 0
        ? NONE
        : random() < 0.8
          ? Math.max(0, i - 1 - Math.floor(random() * 6))
          : Math.floor(random() * i),
    ),
  );
}
