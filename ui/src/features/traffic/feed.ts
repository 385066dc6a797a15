/**
 * The calls that are listed, newest first. What is new is put in front of them only while nobody reads: else it waits
 * beside them, and is counted, so that no row moves under a pointer or an eye.
 */
import type { TrafficCall, TrafficPage } from "@/ipc";

export type Feed = {
  calls: readonly TrafficCall[];
  /** New ones that are not shown yet. */
  waiting: readonly TrafficCall[];
  /** More are new than were asked for: taking them begins the list anew. */
  apart: boolean;
  /** Where the next page begins; `null` at the end. */
  next: string | null;
};

/** From here on a list that is followed is begun anew, rather than growing for ever. */
export const MOST = 2_000;

/** A list as it begins. */
export const begin = ({ calls, next }: TrafficPage): Feed => ({ calls, waiting: [], apart: false, next });

/** The newest page has come again. `hold`: rows stay where they are. */
export function renew(feed: Feed, page: TrafficPage, hold: boolean): Feed {
  const fresh = new Map(page.calls.map((call) => [call.completion, call]));
  const known = new Set(feed.calls.map(({ completion }) => completion));
  const added = page.calls.filter(({ completion }) => !known.has(completion));
  const calls = feed.calls.map((call) => {
    const now = fresh.get(call.completion);
    return now && !same(now, call) ? now : call;
  });
  const changed = calls.some((call, i) => call !== feed.calls[i]);
  // Nothing of the page is listed: between them may be calls that nobody has asked for.
  const apart =
    feed.calls.length > 0 && added.length > 0 && added.length === page.calls.length && page.next !== null;
  if (!hold) {
    if (feed.calls.length === 0 || apart || feed.apart || feed.calls.length + added.length > MOST)
      return begin(page);
    if (added.length === 0 && !changed && feed.waiting.length === 0) return feed;
    return { ...feed, calls: [...added, ...calls], waiting: [] };
  }
  const waits = new Map(feed.waiting.map((call) => [call.completion, call]));
  const waiting = apart
    ? added
    : [...added, ...[...waits.values()].filter(({ completion }) => !fresh.has(completion))];
  if (!changed && sameList(waiting, feed.waiting)) return feed;
  return { ...feed, calls: changed ? calls : feed.calls, waiting, apart: feed.apart || apart };
}

/** An older page has come. */
export function extend(feed: Feed, page: TrafficPage): Feed {
  const known = new Set(feed.calls.map(({ completion }) => completion));
  return {
    ...feed,
    calls: [...feed.calls, ...page.calls.filter(({ completion }) => !known.has(completion))],
    next: page.next,
  };
}

/** What waited is shown. `null` when the list has to be begun anew for that. */
export function take(feed: Feed): Feed | null {
  if (feed.apart || feed.calls.length + feed.waiting.length > MOST) return null;
  return { ...feed, calls: [...feed.waiting, ...feed.calls], waiting: [] };
}

/** A call only moves forward, so that these tell whether it has. */
function same(a: TrafficCall, b: TrafficCall): boolean {
  return (
    a.state.state === b.state.state &&
    a.status === b.status &&
    a.served === b.served &&
    a.attempts === b.attempts &&
    a.cached === b.cached &&
    a.conversation === b.conversation &&
    a.metrics.ttftMs === b.metrics.ttftMs &&
    a.metrics.durationMs === b.metrics.durationMs &&
    a.metrics.usage.output === b.metrics.usage.output &&
    a.metrics.cost?.usd === b.metrics.cost?.usd
  );
}

const sameList = (a: readonly TrafficCall[], b: readonly TrafficCall[]) =>
  a.length === b.length && a.every(({ completion }, i) => completion === b[i]?.completion);
