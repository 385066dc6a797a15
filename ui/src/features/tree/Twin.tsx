import { memo, type Ref } from "react";
import { BOX, inSight, seen, xOf, yOf, type Camera } from "./geometry";
import { at, NONE, type Tree } from "./model";
import type { Scene } from "./scene";
import { firstOf, nextOf, placeOf } from "./shown";
import { nameOf } from "./words";
import styles from "./Tree.module.css";

type Props = {
  id: string;
  tree: Tree;
  scene: Scene;
  /** `null` before the first look. */
  sight: { camera: Camera; width: number; height: number } | null;
  active: number;
  selected: ReadonlySet<number>;
  folded: ReadonlySet<number>;
  ref: Ref<HTMLDivElement>;
};

/** As many items as one can have a look at; from afar there are thousands in sight, and none can be read. */
const MOST = 150;

/**
 * What the canvas shows, as elements: invisible, in the same places, for screen readers and for those who drive the
 * window by its accessible names. Only what is in sight is there, and what is next to where the keyboard is.
 */
export const Twin = memo(function Twin({ id, tree, scene, sight, active, selected, folded, ref }: Props) {
  const { plan, tags } = scene;
  const { shown } = plan;
  const items = new Set<number>();
  const near = (i: number) => i >= 0 && items.add(i);
  if (active !== NONE && active < shown.count) {
    [
      active,
      at(shown.up, active),
      firstOf(shown, active),
      at(shown.before, active),
      nextOf(shown, active),
    ].forEach(near);
  } else if (shown.count > 0) near(0);
  if (sight)
    inSight(plan, seen(sight.camera, sight.width, sight.height), (i) => items.size < MOST && items.add(i));
  const { x, y, scale } = sight?.camera ?? { x: 0, y: 0, scale: 1 };
  return (
    <div ref={ref} className={styles.twin}>
      {[...items]
        .filter((i) => !shown.pill[i])
        .sort((a, b) => a - b)
        .map((i) => {
          const node = at(shown.node, i);
          const { number, of } = placeOf(tree, shown, i);
          return (
            <div
              key={node}
              id={`${id}-${i}`}
              role="treeitem"
              aria-level={at(shown.rank, i) + 1}
              aria-posinset={number}
              aria-setsize={of}
              aria-selected={selected.has(node)}
              aria-current={i === active ? "true" : undefined}
              aria-expanded={at(tree.weight, node) > 0 ? !folded.has(node) : undefined}
              aria-label={nameOf(
                tree,
                node,
                (tags.get(i) ?? tags.get(folded.has(node) ? i + 1 : NONE))?.map(({ name }) => name),
              )}
              style={{
                left: (xOf(plan, i) - x) * scale,
                top: (yOf(plan, i) - y) * scale,
                width: BOX.width * scale,
                height: BOX.height * scale,
              }}
            />
          );
        })}
    </div>
  );
});
