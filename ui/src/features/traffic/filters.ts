/** Which calls are listed: what was chosen, as a question to the engine. */
import { create } from "zustand";
import type { CompletionId, ErrorKind, TrafficOutcome, TrafficQuery, VirtualKeyId } from "@/ipc";

export type Span = "hour" | "today" | "week" | "month" | "all";

export type Filters = {
  span: Span;
  /** Exactly this time, in place of a span; then calls of the window are listed too. */
  range: { from: string; until: string } | null;
  text: string;
  key: VirtualKeyId | null;
  client: string | null;
  requested: string | null;
  served: string | null;
  outcome: TrafficOutcome | null;
  /** Failed in this way. */
  error: ErrorKind | null;
  /** An HTTP status, or its first digit. */
  status: number | null;
  /** Milliseconds, tokens, dollars: at least. */
  ttft: number | null;
  took: number | null;
  tokens: number | null;
  cost: string | null;
  /** Whether the provider read some of the prompt from its cache. */
  cached: boolean | null;
  /** Whether the answer came from our own. */
  fromCache: boolean | null;
  fellBack: boolean | null;
};

export const everything: Filters = {
  span: "today",
  range: null,
  text: "",
  key: null,
  client: null,
  requested: null,
  served: null,
  outcome: null,
  error: null,
  status: null,
  ttft: null,
  took: null,
  tokens: null,
  cost: null,
  cached: null,
  fromCache: null,
  fellBack: null,
};

export const useFilters = create<Filters>(() => everything);

export const narrow = (change: Partial<Filters>) => useFilters.setState(change);

/** All calls of the same time. */
export const clearFilters = () => useFilters.setState(({ span }) => ({ ...everything, span }));

/** The calls that a figure is made of, and nothing else that was filtered before. */
export const listThese = (change: Partial<Filters>) => {
  useFilters.setState(({ span }) => ({ ...everything, span, ...change }));
  look(null);
};

/** What somebody looks at: one call, or none; and whether new ones are held back. */
export const useLooking = create<{ call: CompletionId | null; paused: boolean }>(() => ({
  call: null,
  paused: false,
}));

export const look = (call: CompletionId | null) => useLooking.setState({ call });
export const togglePause = () => useLooking.setState(({ paused }) => ({ paused: !paused }));

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The beginning of a span, to the minute: the question stays the same for a while. */
export function begins(span: Span, now: number): string | null {
  const at = new Date(now);
  switch (span) {
    case "all":
      return null;
    case "today":
      at.setHours(0, 0, 0, 0);
      return at.toISOString();
    case "hour":
      at.setTime(now - HOUR_MS);
      break;
    case "week":
      at.setTime(now - 7 * DAY_MS);
      break;
    case "month":
      at.setTime(now - 30 * DAY_MS);
  }
  at.setSeconds(0, 0);
  return at.toISOString();
}

/** The question to the engine; what filters nothing is left out. */
export function queryOf(filters: Filters, now: number): TrafficQuery {
  const { span, range, text, outcome, error, ttft, took, tokens, cost, ...same } = filters;
  const query: TrafficQuery = {
    ...same,
    origins: range ? ["gateway", "window", "cli"] : [],
    from: range ? range.from : begins(span, now),
    until: range?.until ?? null,
    text: text.trim() || null,
    outcomes: outcome ? [outcome] : [],
    errors: error ? [error] : [],
    minTtftMs: ttft,
    minDurationMs: took,
    minTokens: tokens,
    minCost: cost,
  };
  return Object.fromEntries(
    Object.entries(query).filter(
      ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
    ),
  );
}

/** Whether anything but the time is chosen. */
export function isNarrowed(filters: Filters): boolean {
  return JSON.stringify({ ...filters, span: everything.span }) !== JSON.stringify(everything);
}

/** What people look for again and again. */
export const usual: readonly { label: string; change: Partial<Filters> }[] = [
  { label: "Fell back", change: { fellBack: true } },
  { label: "First content after 2 s", change: { ttft: 2_000 } },
  { label: "Longer than 10 s", change: { took: 10_000 } },
  { label: "Over 20,000 tokens", change: { tokens: 20_000 } },
  { label: "Over $0.10", change: { cost: "0.1" } },
  { label: "Prompt from the provider’s cache", change: { cached: true } },
  { label: "Answer from our cache", change: { fromCache: true } },
];

export const outcomes: readonly { value: TrafficOutcome; label: string }[] = [
  { value: "running", label: "Under way" },
  { value: "complete", label: "Answered" },
  { value: "failed", label: "Failed" },
  { value: "stopped", label: "Stopped" },
  { value: "interrupted", label: "Interrupted" },
];
