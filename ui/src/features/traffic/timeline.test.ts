import { expect, test } from "vitest";
import type { Attempt, TrafficDetail } from "@/ipc";
import { timeline } from "./timeline";

const at = Date.parse("2026-11-22T10:00:00Z");
const attempt = (from: number, change: Partial<Attempt>) => ({
  attempt: { id: String(from), startedAt: new Date(at + from).toISOString(), outcome: "complete", ...change },
  exchange: null,
});
const detail = (durationMs: number | null, ...attempts: unknown[]) =>
  ({ call: { at: new Date(at).toISOString(), metrics: { durationMs } }, attempts }) as TrafficDetail;

test("attempts lie one after the other, with what they waited for their first content", () => {
  const { wholeMs, bars } = timeline(
    detail(
      10_000,
      attempt(0, { endedMs: 1_000, firstMs: null, outcome: "failed" }),
      attempt(2_000, { endedMs: 8_000, firstMs: 2_000 }),
    ),
    at,
  );
  expect(wholeMs).toBe(10_000);
  expect(bars).toEqual([
    { id: "0", left: 0, waits: 10, says: 0 },
    { id: "2000", left: 20, waits: 20, says: 60 },
  ]);
});

test("what is under way goes on until now", () => {
  const { wholeMs, bars } = timeline(
    detail(null, attempt(0, { outcome: "running", endedMs: null, firstMs: 1_000 })),
    at + 4_000,
  );
  expect(wholeMs).toBe(4_000);
  expect(bars[0]).toMatchObject({ waits: 25, says: 75 });
});

test("the axis has a few round marks, and none where the last would be cut", () => {
  const { ticks } = timeline(detail(7_300), at);
  expect(ticks.map(({ ms }) => ms)).toEqual([0, 2_000, 4_000, 6_000]);
  expect(timeline(detail(0), at).ticks).toHaveLength(1);
});
