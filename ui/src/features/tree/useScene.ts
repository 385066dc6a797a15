import { useMemo } from "react";
import { planOf, type Way } from "./geometry";
import { layoutOf, type Layout } from "./layout";
import { headOf, NONE, nodeOf, type Tree } from "./model";
import { pathOf, sceneOf, type Scene } from "./scene";
import { collapseOthers, shownOf } from "./shown";
import type { View } from "./store";
import type { MessageId } from "@/ipc";

/** The nodes of these messages; those that are gone are left out. */
export function nodesOf(tree: Tree, messages: Iterable<MessageId>): Set<number> {
  const nodes = new Set<number>();
  for (const message of messages) {
    const node = nodeOf(tree, message);
    if (node !== NONE) nodes.add(node);
  }
  return nodes;
}

export function collapsedOf(tree: Tree, collapsed: View["collapsed"]): ReadonlySet<number> {
  if (collapsed) return nodesOf(tree, collapsed);
  const tip = headOf(tree)?.tip ?? NONE;
  return collapseOthers(tree, new Set(tip < 0 ? [] : [tip]));
}

/** What is shown of a tree. It is made anew when the tree grows or folds, not when an answer ends or a word changes. */
export function useShown(tree: Tree, { collapsed, only }: Pick<View, "collapsed" | "only">) {
  const tip = collapsed ? NONE : (headOf(tree)?.tip ?? NONE);
  return useMemo(() => {
    const root = nodeOf(tree, only);
    const folded = collapsedOf(tree, collapsed);
    return { folded, shown: shownOf(tree, folded, root === NONE ? null : root) };
    // Trees of one shape share their arrays.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [tree.above, collapsed, only, tip]);
}

/** Noted where the web view's tools, and `cargo xtask bench tree-view`, can read it. */
function measured(lay: () => Layout): Layout {
  const start = performance.now();
  const layout = lay();
  performance.measure("tree layout", { start });
  return layout;
}

/** What is drawn of it. */
export function useScene(tree: Tree, shown: ReturnType<typeof useShown>["shown"], way: Way): Scene {
  const layout = useMemo(() => measured(() => layoutOf(shown)), [shown]);
  const plan = useMemo(() => planOf(shown, layout, way), [shown, layout, way]);
  return useMemo(() => sceneOf(tree, plan), [tree, plan]);
}

/** Where the line to the head leads, as a set to go by. */
export function usePreferred(tree: Tree): ReadonlySet<number> {
  return useMemo(() => {
    const path = pathOf(tree);
    const nodes = new Set<number>();
    for (let i = 0; i < tree.size; i++) if (path[i]) nodes.add(i);
    return nodes;
  }, [tree]);
}
