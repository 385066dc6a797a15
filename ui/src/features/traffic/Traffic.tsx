import { ArrowLeftRight, ArrowUp, Pause, Play, Radio, SearchX, X } from "lucide-react";
import { useCallback, useEffect, useState, type KeyboardEvent } from "react";
import { Button } from "@/components/Button";
import { Pane } from "@/components/Pane";
import { Segments } from "@/components/Segments";
import { EmptyState, ErrorState, Skeleton } from "@/components/States";
import { reason, type ConversationId, type TrafficCall } from "@/ipc";
import { usd } from "@/lib/figures";
import { counted } from "@/lib/sizes";
import { moment } from "@/lib/time";
import { useFeed, useGatewayStatus } from "./api";
import { Detail } from "./Detail";
import {
  clearFilters,
  isNarrowed,
  look,
  narrow,
  togglePause,
  useFilters,
  useLooking,
  type Span,
} from "./filters";
import { List } from "./List";
import { useHeight } from "./height";
import styles from "./Traffic.module.css";

type Props = {
  /** To the gateway's settings. */
  onGateway: () => void;
  onConversation: (call: TrafficCall) => void;
  /** A replay was begun in this conversation. */
  onReplayed: (conversation: ConversationId) => void;
};

const spans: { value: Span; label: string }[] = [
  { value: "hour", label: "1 h" },
  { value: "today", label: "Today" },
  { value: "week", label: "7 d" },
  { value: "month", label: "30 d" },
  { value: "all", label: "All" },
];

/** `21 Nov 2026, 14:05 to 15:05` */
function rangeText({ from, until }: { from: string; until: string }): string {
  const [a, b] = [moment(from), moment(until)];
  const [dayA, dayB] = [a.split(", ")[0], b.split(", ")[0]];
  return dayA === dayB ? `${a} to ${b.split(", ")[1]}` : `${a} to ${b}`;
}

/** Calls through the gateway: as they come, and each with what is known of it. */
export function Traffic({ onGateway, onConversation, onReplayed }: Props) {
  const filters = useFilters();
  const { call, paused } = useLooking();
  const pane = useHeight();
  const [top, setTop] = useState(true);
  const [toTop, setToTop] = useState(0);
  const hold = paused || call !== null || !top;
  // Taking what waits shows it once, whatever holds the rest.
  const [taking, setTaking] = useState(false);
  const { feed, stale, error, again, more } = useFeed(filters, hold && !taking);
  useEffect(() => {
    if (taking) setTaking(false);
  }, [taking]);
  const onOpen = useCallback((call: TrafficCall["completion"]) => look(call), []);
  const waiting = feed?.waiting.length ?? 0;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || call === null || event.defaultPrevented) return;
    look(null);
    event.preventDefault();
  };
  return (
    <main className={styles.page} aria-label="Traffic" onKeyDown={onKeyDown}>
      <header className={styles.bar}>
        <Segments
          label="Time"
          value={filters.range ? ("" as Span) : filters.span}
          options={spans}
          onChange={(span) => narrow({ span, range: null })}
        />
        {filters.range && (
          <Button small aria-label="Any time" onClick={() => narrow({ range: null })}>
            {rangeText(filters.range)}
            <X size={12} />
          </Button>
        )}
        {filters.error && (
          <Button small aria-label="Any outcome" onClick={() => narrow({ error: null })}>
            {filters.error}
            <X size={12} />
          </Button>
        )}
        <span className={styles.sum}>{feed && feed.calls.length > 0 && <Sum {...feed} />}</span>
        <span className={styles.space} />
        <span className={styles.follows} role="status">
          {waiting > 0 ? (
            <Button
              small
              onClick={() => {
                setTaking(true);
                setToTop((n) => n + 1);
              }}
            >
              <ArrowUp size={12} />
              {feed?.apart ? `${waiting} new or more` : `${waiting} new`}
            </Button>
          ) : hold ? (
            <span className={styles.quiet}>{paused ? "Paused" : "Held while you read"}</span>
          ) : (
            <span className={styles.live}>
              <i />
              Following
            </span>
          )}
        </span>
        <Button small kind="ghost" aria-pressed={paused} onClick={togglePause}>
          {paused ? <Play size={12} /> : <Pause size={12} />}
          {paused ? "Follow" : "Pause"}
        </Button>
      </header>
      <div className={styles.list} data-stale={stale || undefined}>
        {error && !feed ? (
          <ErrorState title="The calls cannot be listed" why={reason(error)} onRetry={again} />
        ) : !feed ? (
          <Skeleton rows={12} label="Reading the calls" />
        ) : feed.calls.length > 0 ? (
          <List calls={feed.calls} open={call} onOpen={onOpen} onMore={more} onTop={setTop} toTop={toTop} />
        ) : isNarrowed(filters) || filters.span !== "all" ? (
          <Nothing onGateway={onGateway} />
        ) : (
          <First onGateway={onGateway} />
        )}
      </div>
      {call !== null && (
        <Pane label="Call" edge="Height of the call" {...pane}>
          <Detail call={call} onConversation={onConversation} onReplayed={onReplayed} />
        </Pane>
      )}
    </main>
  );
}

function Sum({ calls, next }: { calls: readonly TrafficCall[]; next: string | null }) {
  const failed = calls.filter(({ state }) => state.state === "failed").length;
  const spent = calls.reduce((sum, { metrics }) => sum + Number(metrics.cost?.usd ?? 0), 0);
  return (
    <>
      {counted(calls.length, "call")}
      {next !== null && " so far"}, {failed} failed, {usd(String(spent))}
    </>
  );
}

/** Nothing fits; or nothing has come in this time. */
function Nothing({ onGateway }: { onGateway: () => void }) {
  const filters = useFilters();
  const narrowed = isNarrowed(filters);
  const { data } = useGatewayStatus();
  return (
    <EmptyState
      icon={<SearchX size={20} />}
      title={narrowed ? "No call like that" : "No call in this time"}
      action={
        <>
          {narrowed ? (
            <Button onClick={clearFilters}>Show all calls</Button>
          ) : (
            <Button onClick={() => narrow({ span: "all" })}>Show all times</Button>
          )}
          {data && !data.url && <Button onClick={onGateway}>Switch the gateway on</Button>}
        </>
      }
    >
      {narrowed
        ? "None of the calls of this time fits what is chosen."
        : "Choose a longer time above, or ask something through the gateway."}
    </EmptyState>
  );
}

/** Nobody has ever called. */
function First({ onGateway }: { onGateway: () => void }) {
  const { data } = useGatewayStatus();
  return (
    <EmptyState
      icon={data?.url ? <Radio size={20} /> : <ArrowLeftRight size={20} />}
      title="What your tools ask"
      action={
        <Button kind="primary" onClick={onGateway}>
          {data?.url ? "Set up a tool" : "Switch the gateway on"}
        </Button>
      }
    >
      Coding agents, editors and scripts can ask their models through Orchesity. Every call stands here as it
      comes: who asked, which model answered, how long it took and what it cost. Each can be opened as a
      conversation, and asked again of other models.
    </EmptyState>
  );
}
