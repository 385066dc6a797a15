import { expect, test } from "vitest";
import type { TrafficCall } from "@/ipc";
import { begin, extend, MOST, renew, take } from "./feed";

const call = (n: number, change: Partial<TrafficCall> = {}): TrafficCall => ({
  run: `r${n}`,
  completion: `c${n}`,
  kind: "ask",
  origin: "gateway",
  at: new Date(n).toISOString(),
  key: null,
  keyName: null,
  client: null,
  request: null,
  route: null,
  stream: true,
  requested: "p/m",
  served: null,
  state: { state: "complete", stop: "stop" },
  status: 200,
  metrics: {
    ttftMs: 1,
    durationMs: 2,
    usage: { input: 1, output: 1, cachedRead: null, cachedWrite: null, reasoning: null },
    usageBy: "reported",
    cost: null,
  },
  attempts: 1,
  cached: null,
  idempotencyKey: null,
  conversation: null,
  message: null,
  ...change,
});
const page = (from: number, to: number, next: string | null = null) => ({
  calls: Array.from({ length: from - to + 1 }, (_, i) => call(from - i)),
  next,
});
const ids = (calls: readonly TrafficCall[]) => calls.map(({ completion }) => completion).join(" ");

test("new calls come in front while the list is followed", () => {
  const feed = renew(begin(page(3, 1)), page(5, 2, "c2"), false);
  expect(ids(feed.calls)).toBe("c5 c4 c3 c2 c1");
  expect(feed.waiting).toEqual([]);
});

test("while it is read no row moves; what is new waits, and comes when it is wanted", () => {
  const before = begin(page(3, 1));
  const held = renew(renew(before, page(4, 2), true), page(6, 3), true);
  expect(ids(held.calls)).toBe("c3 c2 c1");
  expect(ids(held.waiting)).toBe("c6 c5 c4");
  expect(ids(take(held)?.calls ?? [])).toBe("c6 c5 c4 c3 c2 c1");
});

test("a call that has moved on is shown so in its place, also while others are held back", () => {
  const live = call(3, { state: { state: "streaming" }, status: null });
  const before = begin({ calls: [live, call(2)], next: null });
  const held = renew(before, page(4, 2), true);
  expect(held.calls[0]?.status).toBe(200);
  expect(ids(held.calls)).toBe("c3 c2");
});

test("where nothing has changed nothing is drawn anew", () => {
  const feed = begin(page(3, 1));
  expect(renew(feed, page(3, 1), false)).toBe(feed);
  expect(renew(feed, page(3, 1), true)).toBe(feed);
});

test("more than a page is new: taking it begins the list anew, so that nothing is left out between", () => {
  const held = renew(begin(page(3, 1)), page(103, 54, "c54"), true);
  expect(held.waiting).toHaveLength(50);
  expect(held.apart).toBe(true);
  expect(take(held)).toBeNull();
  const followed = renew(begin(page(3, 1)), page(103, 54, "c54"), false);
  expect(ids(followed.calls.slice(-1))).toBe("c54");
  expect(followed.next).toBe("c54");
});

test("a list that is followed for days does not grow for ever", () => {
  const long = begin(page(MOST, 1));
  const feed = renew(long, page(MOST + 1, MOST - 50, "x"), false);
  expect(feed.calls.length).toBeLessThan(100);
  expect(feed.next).toBe("x");
});

test("older pages come after, without those that are there", () => {
  const feed = extend(begin(page(5, 3, "c3")), page(3, 1));
  expect(ids(feed.calls)).toBe("c5 c4 c3 c2 c1");
  expect(feed.next).toBeNull();
});
