import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import type { CompletionId, TrafficCall } from "@/ipc";
import { cx } from "@/lib/classes";
import { cost, count, duration, figures, firstToken } from "@/lib/figures";
import { hueNumberOf } from "@/lib/hues";
import { pieces } from "@/lib/target";
import styles from "./List.module.css";
import { askedFor, cachedOf, clock, Outcome, tokensOf } from "./words";

const ROW_PX = 28;
/** From so far above the end on, older calls are asked for. */
const AHEAD = 30;

const heads = [
  ["at", "Time"],
  ["key", "Key"],
  ["client", "Client"],
  ["asked", "Asked for"],
  ["served", "Answered by"],
  ["state", "Outcome"],
  ["ttft", "First", true],
  ["took", "Total", true],
  ["tokens", "Tokens", true],
  ["cached", "Cached", true],
  ["cost", "Cost", true],
] as const;

type Props = {
  calls: readonly TrafficCall[];
  /** Whose details are shown. */
  open: CompletionId | null;
  onOpen: (call: CompletionId) => void;
  /** Towards the end of what is there. */
  onMore: () => void;
  /** Whether the newest are in sight. */
  onTop: (top: boolean) => void;
  /** Counts up when the newest are to be shown. */
  toTop: number;
};

/** Calls as rows, of which only those in sight are drawn. Arrows move a mark, Enter opens. */
export function List({ calls, open, onOpen, onMore, onTop, toTop }: Props) {
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [mark, setMark] = useState<CompletionId | null>(null);
  const rows = useVirtualizer({
    count: calls.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (i) => calls[i]?.completion ?? i,
    overscan: 12,
    paddingStart: ROW_PX,
    scrollPaddingStart: ROW_PX,
  });
  const latest = useRef(calls);
  useEffect(() => {
    latest.current = calls;
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= calls.length - AHEAD) onMore();
  }, [last, calls.length, onMore]);
  useEffect(() => {
    if (toTop > 0) scroller.current?.scrollTo({ top: 0 });
  }, [toTop]);

  // What is opened stays in sight when the pane below takes its room.
  useEffect(() => {
    if (open === null) return;
    const timer = setTimeout(() => {
      const index = latest.current.findIndex(({ completion }) => completion === open);
      if (index >= 0) rows.scrollToIndex(index);
    }, 60);
    return () => clearTimeout(timer);
  }, [open, rows]);

  const marked = mark ?? open;
  const at = marked === null ? -1 : calls.findIndex(({ completion }) => completion === marked);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const screen = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PX) - 2);
    const to = {
      ArrowDown: at + 1,
      ArrowUp: Math.max(0, at - 1),
      PageDown: at + screen,
      PageUp: at - screen,
      Home: 0,
      End: calls.length - 1,
    }[event.key];
    if (to !== undefined) {
      const next = Math.min(calls.length - 1, Math.max(0, to));
      const call = calls[next];
      if (!call) return;
      setMark(call.completion);
      rows.scrollToIndex(next);
      if (open !== null) onOpen(call.completion);
    } else if ((event.key === "Enter" || event.key === " ") && marked !== null) onOpen(marked);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      role="grid"
      aria-label="Calls"
      aria-rowcount={calls.length + 1}
      aria-activedescendant={at >= 0 ? `${id}-${calls[at]?.completion}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onScroll={(event) => onTop(event.currentTarget.scrollTop < ROW_PX / 2)}
    >
      <div className={cx(styles.row, styles.head)} role="row" aria-rowindex={1}>
        {heads.map(([name, title, right]) => (
          <span key={name} role="columnheader" data-c={name} data-right={right}>
            {title}
          </span>
        ))}
      </div>
      <div className={styles.rows} role="rowgroup" style={{ height: rows.getTotalSize() - ROW_PX }}>
        {shown.map(({ index, key, start }) => {
          const call = calls[index];
          return call ? (
            <Row
              key={key}
              id={`${id}-${call.completion}`}
              call={call}
              index={index}
              top={start - ROW_PX}
              selected={call.completion === open}
              marked={call.completion === marked}
              onOpen={() => {
                setMark(call.completion);
                onOpen(call.completion);
              }}
            />
          ) : null;
        })}
      </div>
    </div>
  );
}

function Row({
  id,
  call,
  index,
  top,
  selected,
  marked,
  onOpen,
}: {
  id: string;
  call: TrafficCall;
  index: number;
  top: number;
  selected: boolean;
  marked: boolean;
  onOpen: () => void;
}) {
  const { ttftMs, durationMs, cost: spent } = figures(call.metrics);
  const tokens = tokensOf(call);
  const cached = cachedOf(call);
  const live = call.state.state === "queued" || call.state.state === "streaming";
  const { provider, model, tail } = pieces(call.served ?? "");
  const kind = call.kind === "count" ? "count_tokens" : null;
  return (
    <div
      id={id}
      className={cx(styles.row, selected && styles.selected, marked && styles.marked)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      style={{ transform: `translateY(${top}px)` }}
      onClick={onOpen}
    >
      <span role="gridcell" data-c="at" title={new Date(call.at).toLocaleString("en-GB")}>
        {clock(call.at)}
      </span>
      <span role="gridcell" data-c="key" title={call.keyName ?? "without a key"}>
        {call.keyName ?? "–"}
      </span>
      <span role="gridcell" data-c="client" title={call.client ?? undefined}>
        {call.client ?? "–"}
      </span>
      <span role="gridcell" data-c="asked" title={askedFor(call) ?? undefined}>
        {kind ?? <bdi>{askedFor(call) ?? "–"}</bdi>}
      </span>
      <span role="gridcell" data-c="served" title={call.served ?? undefined}>
        {call.served === null ? (
          "–"
        ) : (
          <>
            <i className={styles.dot} data-hue={hueNumberOf(call.served)} />
            <bdi>
              <span className={styles.provider}>{provider}</span>
              {model}
              {tail}
            </bdi>
          </>
        )}
      </span>
      <span role="gridcell" data-c="state">
        <Outcome call={call} />
      </span>
      <span role="gridcell" data-c="ttft" data-right>
        {ttftMs === null ? "–" : firstToken(ttftMs)}
      </span>
      <span role="gridcell" data-c="took" data-right>
        {durationMs === null ? "–" : duration(durationMs)}
      </span>
      <span role="gridcell" data-c="tokens" data-right>
        {tokens === null ? "–" : count(tokens)}
      </span>
      <span role="gridcell" data-c="cached" data-right title={cached?.says} aria-label={cached?.says}>
        {cached?.text ?? "–"}
      </span>
      <span role="gridcell" data-c="cost" data-right data-unknown={!spent || undefined}>
        {live ? "–" : cost(spent)}
      </span>
    </div>
  );
}
