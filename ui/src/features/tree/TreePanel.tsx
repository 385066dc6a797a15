import { useVirtualizer } from "@tanstack/react-virtual";
import {
  Bookmark,
  CircleX,
  GitBranch,
  GitFork,
  GitMerge,
  Maximize2,
  Square,
  TriangleAlert,
} from "lucide-react";
import { useEffect, useMemo, useRef, type KeyboardEvent, type MouseEvent } from "react";
import { IconButton } from "@/components/Button";
import { ContextMenu } from "@/components/Menu";
import { EmptyState, ErrorState, Skeleton } from "@/components/States";
import { cx } from "@/lib/classes";
import { hueNumberOf } from "@/lib/hues";
import { shortName } from "@/lib/target";
import { reason, type ConversationId } from "@/ipc";
import { useActions, type Ways } from "./actions";
import { useTree } from "./api";
import { moved, moves, standsFor } from "./keys";
import { at, has, headOf, idOf, NONE, nodeOf, roleOf, statusOf, targetOf, type Tree } from "./model";
import { rowsOf, type Rows } from "./rows";
import { pathOf } from "./scene";
import { placeOf, type Shown } from "./shown";
import { change, useHits, useView } from "./store";
import { nodesOf, usePreferred, useShown } from "./useScene";
import { held, nameOf, wordsOf } from "./words";
import styles from "./Tree.module.css";

type Props = Ways & {
  conversation: ConversationId;
  /** Shows it in a tab of its own. */
  onWhole: () => void;
};

const ROW_PX = 24;
const LANE_PX = 14;
const EDGE_PX = 14;

/** The tree beside the columns: the active line with what hangs on it. */
export function TreePanel(p: Props) {
  const { data: tree, error, refetch } = useTree(p.conversation);
  if (error && !tree)
    return <ErrorState title="The tree cannot be read" why={reason(error)} onRetry={() => void refetch()} />;
  if (!tree) return <Skeleton rows={8} label="Reading the tree" />;
  if (tree.size === 0)
    return (
      <EmptyState icon={<GitFork size={20} />} title="Nothing has been said yet">
        Answers, edits and forks of this conversation will stand here.
      </EmptyState>
    );
  return <Outline {...p} tree={tree} />;
}

function Outline({ conversation, onWhole, tree, ...ways }: Props & { tree: Tree }) {
  const key = `panel:${conversation}` as const;
  const view = useView(key);
  const { shown, folded } = useShown(tree, view);
  const preferred = usePreferred(tree);
  const path = useMemo(() => pathOf(tree), [tree]);
  const rows = useMemo(() => rowsOf(tree, shown, preferred), [tree, shown, preferred]);
  const scroller = useRef<HTMLDivElement>(null);
  const { actions, dialogs } = useActions(conversation, key, view, tree, ways, () =>
    scroller.current?.focus(),
  );
  const selected = useMemo(() => nodesOf(tree, view.selected), [tree, view.selected]);
  const found = useHits(conversation);
  const hits = useMemo(() => nodesOf(tree, found.messages), [tree, found.messages]);
  const virtual = useVirtualizer({
    count: shown.count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
    initialRect: { width: 284, height: 600 },
  });

  const tip = headOf(tree)?.tip ?? NONE;
  const wanted = standsFor(shown, nodeOf(tree, view.active));
  const active = wanted !== NONE ? wanted : Math.max(0, standsFor(shown, tip));
  const setActive = (item: number) => change(key, { active: idOf(tree, at(shown.node, item)) });
  const activeRow = at(rows.row, active);

  // The conversation goes on at its tip: that is what is looked at, until the reader moves.
  useEffect(() => {
    virtual.scrollToIndex(activeRow);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [conversation, tip]);

  const branches = useMemo(() => {
    const names = new Map<number, string[]>();
    for (const { name, kind, tip: end, head } of tree.branches) {
      const item = end < 0 || (kind === "column" && !head) ? NONE : at(shown.item, end);
      if (item !== NONE) names.set(item, [...(names.get(item) ?? []), name]);
    }
    return names;
  }, [tree, shown]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== scroller.current || event.altKey) return;
    const mod = event.ctrlKey || event.metaKey;
    const move = mod || event.shiftKey ? undefined : moves[event.key];
    const node = at(shown.node, active);
    if (move) {
      const to = moved(tree, shown, active, move, preferred);
      setActive(to);
      virtual.scrollToIndex(at(rows.row, to));
    } else if (event.key === "Enter" && mod) actions.openChosen();
    else if (mod) return;
    else if (event.key === "Enter") actions.open(node);
    else if (event.key === " ") actions.toggleChosen(node);
    else if (event.key === "Delete") actions.remove(node);
    else if (event.key === "F2") actions.rename(node);
    else if (event.key === "C") actions.foldOthers();
    else if (event.key === "c") actions.fold(node);
    else if (event.key === "e") actions.unfoldAll();
    else if (event.key === "h") actions.hoist(node);
    else if (event.key === "b") actions.bookmark(node);
    else if (event.key === "f") actions.fork(node);
    else if (event.key === "Escape" && view.only !== null) actions.leaveHoist();
    else if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
      const row = scroller.current?.querySelector(`#panel-${active}`)?.getBoundingClientRect();
      if (row)
        scroller.current?.dispatchEvent(
          new MouseEvent("contextmenu", {
            bubbles: true,
            cancelable: true,
            clientX: row.left + 16,
            clientY: row.bottom,
          }),
        );
    } else return;
    event.preventDefault();
  };
  const onClick = (item: number, event: MouseEvent) => {
    const node = at(shown.node, item);
    if (shown.pill[item]) return actions.fold(node);
    setActive(item);
    if (event.ctrlKey || event.metaKey || event.shiftKey) actions.toggleChosen(node);
  };

  return (
    <div className={styles.panel}>
      <div className={styles.panelHead}>
        {view.only !== null ? (
          <button type="button" className={styles.link} onClick={actions.leaveHoist}>
            Show the whole tree
          </button>
        ) : folded.size > 0 ? (
          <button type="button" className={styles.link} onClick={actions.unfoldAll}>
            Expand all
          </button>
        ) : (
          <button type="button" className={styles.link} onClick={actions.foldOthers}>
            Collapse others
          </button>
        )}
        {selected.size > 0 && (
          <button type="button" className={styles.link} onClick={actions.openChosen}>
            Open {selected.size} as columns
          </button>
        )}
        <span className={styles.push} />
        <IconButton label="Open the tree in a tab" onClick={onWhole}>
          <Maximize2 size={14} />
        </IconButton>
      </div>
      <ContextMenu entries={actions.menu(at(shown.node, active))}>
        <div
          ref={scroller}
          className={styles.outline}
          role="tree"
          aria-label="Tree of this conversation"
          aria-multiselectable="true"
          aria-activedescendant={`panel-${active}`}
          tabIndex={0}
          onKeyDown={onKeyDown}
          onContextMenu={(event) => {
            const row = (event.target as Element).closest<HTMLElement>("[data-item]")?.dataset["item"];
            if (row !== undefined && !shown.pill[Number(row)]) setActive(Number(row));
          }}
        >
          <div role="none" className={styles.rows} style={{ height: virtual.getTotalSize() }}>
            {withRow(virtual.getVirtualItems(), activeRow).map(({ index, start }) => {
              const item = at(rows.item, index);
              const node = at(shown.node, item);
              const lit = path[node] === 1 && !shown.pill[item];
              return (
                <div
                  key={item}
                  data-item={item}
                  {...(shown.pill[item]
                    ? { role: "none" }
                    : {
                        id: `panel-${item}`,
                        role: "treeitem",
                        ...aria(tree, shown, item, folded.has(node), selected.has(node)),
                        "aria-label": nameOf(tree, node, branches.get(item)),
                      })}
                  className={cx(
                    styles.row,
                    lit && styles.lit,
                    item === active && styles.active,
                    selected.has(node) && styles.chosen,
                  )}
                  style={{ transform: `translateY(${start}px)` }}
                  onClick={(event) => onClick(item, event)}
                  onDoubleClick={() => !shown.pill[item] && actions.open(node)}
                >
                  <Lines
                    rows={rows}
                    index={index}
                    tree={tree}
                    node={node}
                    pill={shown.pill[item] === 1}
                    lit={lit}
                  />
                  <span
                    className={cx(styles.words, hits.has(node) && !shown.pill[item] && styles.hit)}
                    dir="auto"
                  >
                    {shown.pill[item] ? held(tree, node) : rowWords(tree, node)}
                  </span>
                  {!shown.pill[item] && <Signs tree={tree} node={node} />}
                  {branches.has(item) && (
                    <span
                      className={styles.branch}
                      data-name={branches.get(item)?.[0]}
                      title={branches.get(item)?.join("\n")}
                    >
                      <GitBranch size={12} />
                    </span>
                  )}
                </div>
              );
            })}
          </div>
        </div>
      </ContextMenu>
      {dialogs}
    </div>
  );
}

/** What the keyboard is at is always there, in sight or not. */
function withRow(items: { index: number; start: number }[], row: number) {
  return items.some(({ index }) => index === row) ? items : [...items, { index: row, start: row * ROW_PX }];
}

function aria(tree: Tree, shown: Shown, item: number, folded: boolean, selected: boolean) {
  const { number, of } = placeOf(tree, shown, item);
  return {
    "aria-level": at(shown.rank, item) + 1,
    "aria-posinset": number,
    "aria-setsize": of,
    "aria-selected": selected,
    "aria-expanded": at(tree.weight, at(shown.node, item)) > 0 ? !folded : undefined,
  };
}

/** An answer is known by who gave it: what it says stands in the column. */
function rowWords(tree: Tree, node: number): string {
  const target = targetOf(tree, node);
  return target && roleOf(tree, node) === "assistant" ? shortName(target) : wordsOf(tree, node);
}

function Signs({ tree, node }: { tree: Tree; node: number }) {
  const status = statusOf(tree, node);
  return (
    <span className={styles.signs}>
      {has(tree, node, "bookmark") && <Bookmark size={12} className={styles.bookmark} />}
      {status === "streaming" && <i className={styles.live} />}
      {status === "failed" && <CircleX size={12} className={styles.bad} />}
      {status === "interrupted" && <TriangleAlert size={12} className={styles.warn} />}
      {status === "stopped" && <Square size={12} className={styles.warn} />}
    </span>
  );
}

type LineProps = { rows: Rows; index: number; tree: Tree; node: number; pill: boolean; lit: boolean };

const x = (lane: number) => EDGE_PX + lane * LANE_PX;
const MIDDLE = ROW_PX / 2;

/** The lines that lead to a row and past it, and the sign of what stands in it. */
function Lines({ rows, index, tree, node, pill, lit }: LineProps) {
  const lane = at(rows.lane, index);
  const from = at(rows.from, index);
  const target = targetOf(tree, node);
  const through: string[] = [];
  const lanes = at(rows.through, index);
  for (let k = 0; k < lane + 1; k++) if (lanes & (1 << k)) through.push(`M${x(k)} 0V${ROW_PX}`);
  if (from !== NONE) {
    const up = at(rows.lane, from);
    through.push(
      up === lane
        ? `M${x(lane)} 0V${MIDDLE}`
        : `M${x(up)} 0V${MIDDLE - 5}Q${x(up)} ${MIDDLE} ${x(up) + 5} ${MIDDLE}H${x(lane)}`,
    );
  }
  if (rows.on[index]) through.push(`M${x(lane)} ${MIDDLE}V${ROW_PX}`);
  const failed = statusOf(tree, node) === "failed";
  return (
    <svg width={x(lane) + 12} height={ROW_PX} className={styles.lines} aria-hidden="true">
      <path d={through.join("")} className={lit ? styles.litLine : undefined} />
      {pill ? (
        <rect x={x(lane) - 6} y={MIDDLE - 4} width={12} height={8} rx={4} className={styles.pill} />
      ) : has(tree, node, "merge") ? (
        <GitMerge x={x(lane) - 6} y={MIDDLE - 6} size={12} className={styles.merge} />
      ) : roleOf(tree, node) === "assistant" ? (
        <circle
          cx={x(lane)}
          cy={MIDDLE}
          r={failed ? 3.5 : 4}
          className={failed ? styles.ring : styles.full}
          data-hue={target ? hueNumberOf(target) : "none"}
        />
      ) : (
        <rect x={x(lane) - 3.5} y={MIDDLE - 3.5} width={7} height={7} rx={1.5} className={styles.said} />
      )}
    </svg>
  );
}
