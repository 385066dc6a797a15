import {
  ArrowRightFromLine,
  ChevronDown,
  ChevronUp,
  Columns2,
  FoldVertical,
  GitFork,
  Minus,
  Plus,
  Search,
  UnfoldVertical,
  X,
} from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { Segments } from "@/components/Segments";
import { EmptyState, ErrorState, Skeleton } from "@/components/States";
import { hueNumberOf } from "@/lib/hues";
import { shortName } from "@/lib/target";
import { reason, type ConversationId } from "@/ipc";
import { useActions, type Ways } from "./actions";
import { search, useTree } from "./api";
import { at, headOf, idOf, NONE, nodeOf, type Tree } from "./model";
import { change, showHits, useHits, useView } from "./store";
import { TreeCanvas, type Handle } from "./TreeCanvas";
import { nodesOf, usePreferred, useScene, useShown } from "./useScene";
import { sizeOf, wordsOf } from "./words";
import { standsFor } from "./keys";
import styles from "./Tree.module.css";

type Props = Ways & { conversation: ConversationId; title: string };

/** A whole conversation as a tree, in a tab of its own. */
export function TreeTab(p: Props) {
  const { data: tree, error, isPending, refetch } = useTree(p.conversation);
  return (
    <main className={styles.tab} aria-label="Tree">
      {error && !tree ? (
        <ErrorState title="The tree cannot be read" why={reason(error)} onRetry={() => void refetch()} />
      ) : isPending || !tree ? (
        <Skeleton rows={10} label="Reading the tree" />
      ) : tree.size === 0 ? (
        <EmptyState
          icon={<GitFork size={20} />}
          title="Nothing has been said yet"
          action={
            <Button kind="primary" onClick={() => p.onOpen(p.conversation)}>
              Write a prompt
            </Button>
          }
        >
          Every answer, every edit and every fork of this conversation will stand here, and none is ever lost.
        </EmptyState>
      ) : (
        <Full {...p} tree={tree} stale={error ? reason(error) : null} />
      )}
    </main>
  );
}

/** As many models as the legend names. */
const NAMED = 8;

function Full({ conversation, title, tree, stale, ...ways }: Props & { tree: Tree; stale: string | null }) {
  const key = `tab:${conversation}` as const;
  const view = useView(key);
  const { shown, folded } = useShown(tree, view);
  const scene = useScene(tree, shown, view.way);
  const preferred = usePreferred(tree);
  const handle = useRef<Handle>(null);
  const { actions, dialogs } = useActions(conversation, key, view, tree, ways, () => handle.current?.focus());
  const [scale, setScale] = useState(1);

  const tip = headOf(tree)?.tip ?? NONE;
  const wanted = nodeOf(tree, view.active);
  const active = wanted === NONE || standsFor(shown, wanted) === NONE ? (tip === NONE ? 0 : tip) : wanted;
  const selected = useMemo(() => nodesOf(tree, view.selected), [tree, view.selected]);
  const found = useHits(conversation);
  const hits = useMemo(() => nodesOf(tree, found.messages), [tree, found.messages]);
  const hit = nodeOf(tree, found.messages[found.at] ?? null);
  const only = nodeOf(tree, view.only);

  const setActive = (node: number) => change(key, { active: idOf(tree, node) });
  const goToHit = (by: number) => {
    const count = found.messages.length;
    if (count === 0) return;
    const next = (found.at + by + count) % count;
    showHits(conversation, found.messages, next);
    toHit(next);
  };
  const toHit = (next: number) => {
    const node = nodeOf(tree, found.messages[next] ?? null);
    if (node === NONE) return;
    setActive(node);
    handle.current?.centre(node);
  };

  return (
    <>
      <div className={styles.bar} role="toolbar" aria-label="Tree">
        <Finder conversation={conversation} onStep={goToHit} />
        <span className={styles.size}>{sizeOf(tree)}</span>
        <span className={styles.push} />
        {selected.size > 0 && (
          <>
            <Button small kind="primary" onClick={actions.openChosen}>
              <Columns2 size={12} />
              Open {selected.size} as columns
            </Button>
            <IconButton label="Clear the selection" onClick={() => change(key, { selected: new Set() })}>
              <X size={14} />
            </IconButton>
          </>
        )}
        {folded.size > 0 ? (
          <Button small kind="ghost" onClick={actions.unfoldAll}>
            <UnfoldVertical size={12} />
            Expand all
          </Button>
        ) : (
          <Button small kind="ghost" onClick={actions.foldOthers}>
            <FoldVertical size={12} />
            Collapse others
          </Button>
        )}
        <Segments
          label="Direction"
          value={view.way}
          options={[
            { value: "across", label: "Across" },
            { value: "down", label: "Down" },
          ]}
          onChange={(way) => change(key, { way })}
        />
        <div className={styles.zoom} role="group" aria-label="Zoom">
          <button type="button" aria-label="Zoom out" onClick={() => handle.current?.zoom(0.8)}>
            <Minus size={12} />
          </button>
          <button
            type="button"
            aria-label={`${percent(scale)}, zoom to 100 %`}
            onClick={() => handle.current?.zoomTo(1)}
          >
            {percent(scale)}
          </button>
          <button type="button" aria-label="Zoom in" onClick={() => handle.current?.zoom(1.25)}>
            <Plus size={12} />
          </button>
          <button type="button" onClick={() => handle.current?.fit()}>
            Fit
          </button>
        </div>
      </div>
      {(only !== NONE || stale) && (
        <div className={styles.notice} role={stale ? "alert" : undefined}>
          {stale ? (
            <span>The tree could not be read again: {stale}. What is shown may be old.</span>
          ) : (
            <>
              <ArrowRightFromLine size={14} />
              <span className={styles.cut}>Only what follows “{wordsOf(tree, only)}”</span>
              <Button small onClick={actions.leaveHoist}>
                Show the whole tree
              </Button>
            </>
          )}
        </div>
      )}
      <TreeCanvas
        ref={handle}
        id="tree"
        label={`Tree of ${title}`}
        tree={tree}
        scene={scene}
        active={active}
        selected={selected}
        hits={hits}
        hit={hit}
        folded={folded}
        preferred={preferred}
        actions={actions}
        onActive={setActive}
        onScale={setScale}
      />
      <Legend tree={tree} />
      {dialogs}
    </>
  );
}

const percent = (scale: number) => {
  const value = scale * 100;
  return `${value >= 1 ? Math.round(value) : value.toPrecision(1)}\u00a0%`;
};

/** Which colour is which model; most answers first. */
function Legend({ tree }: { tree: Tree }) {
  const counted = useMemo(() => {
    const counts = new Map<number, number>();
    for (let i = 0; i < tree.size; i++) {
      const model = at(tree.models, i);
      if (model !== NONE) counts.set(model, (counts.get(model) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1]).flatMap(([model]) => tree.targets[model] ?? []);
  }, [tree]);
  if (counted.length === 0) return null;
  return (
    <ul className={styles.legend} aria-label="Models">
      {counted.slice(0, NAMED).map((target) => (
        <li key={target} title={target}>
          <i className={styles.dot} data-hue={hueNumberOf(target)} />
          <span>{shortName(target)}</span>
        </li>
      ))}
      {counted.length > NAMED && (
        <li title={counted.slice(NAMED).join("\n")}>and {counted.length - NAMED} more</li>
      )}
    </ul>
  );
}

/** Finds words in this conversation's tree; what is found is marked where it stands. */
function Finder({ conversation, onStep }: { conversation: ConversationId; onStep: (by: number) => void }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const wanted = useDeferredValue(text.trim());
  const { messages, at: place } = useHits(conversation);
  useEffect(() => {
    if (wanted === "") return showHits(conversation, []);
    let current = true;
    const timer = setTimeout(() => {
      search(conversation, wanted).then(
        (found) => {
          if (!current) return;
          setProblem(null);
          showHits(conversation, found, found.length - 1);
        },
        (error: unknown) => current && setProblem(reason(error)),
      );
    }, 150);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [conversation, wanted]);
  const said =
    problem ??
    (wanted === "" ? "" : messages.length === 0 ? "nothing" : `${place + 1} of ${messages.length}`);
  return (
    <div className={styles.finder} role="search">
      <Search size={12} />
      <input
        aria-label="Search in the tree"
        placeholder="Search in the tree"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onStep(event.shiftKey ? -1 : 1);
          else if (event.key === "Escape" && text !== "") setText("");
          else return;
          event.preventDefault();
        }}
      />
      <span className={styles.found} role="status" title={problem ?? undefined}>
        {said}
      </span>
      <IconButton label="Previous hit" disabled={messages.length === 0} onClick={() => onStep(-1)}>
        <ChevronUp size={14} />
      </IconButton>
      <IconButton label="Next hit" disabled={messages.length === 0} onClick={() => onStep(1)}>
        <ChevronDown size={14} />
      </IconButton>
    </div>
  );
}
