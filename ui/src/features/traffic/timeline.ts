/** Attempts of a call on one axis of time. */
import type { TrafficDetail } from "@/ipc";

export type Bar = {
  id: string;
  /** In per cent of the whole. */
  left: number;
  /** Until the first content; the rest is the answer. */
  waits: number;
  says: number;
};

export type Line = { wholeMs: number; bars: Bar[]; ticks: { at: number; ms: number }[] };

const STEPS = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000];
const MOST_TICKS = 5;

/** Where each attempt lies. What is still under way goes on until `now`. */
export function timeline({ call, attempts }: TrafficDetail, now: number): Line {
  const begun = Date.parse(call.at);
  const spans = attempts.map(({ attempt }) => {
    const from = Math.max(0, Date.parse(attempt.startedAt) - begun);
    const took = attempt.endedMs ?? (attempt.outcome === "running" ? Math.max(0, now - begun - from) : 0);
    return { id: attempt.id, from, took, first: Math.min(attempt.firstMs ?? took, took) };
  });
  const ends = spans.map(({ from, took }) => from + took);
  const wholeMs = Math.max(1, call.metrics.durationMs ?? 0, ...ends);
  const share = (ms: number) => (ms / wholeMs) * 100;
  const step = STEPS.find((ms) => wholeMs / ms <= MOST_TICKS) ?? wholeMs;
  return {
    wholeMs,
    bars: spans.map(({ id, from, took, first }) => ({
      id,
      left: share(from),
      waits: share(first),
      says: share(took - first),
    })),
    ticks: Array.from({ length: Math.floor(wholeMs / step) + 1 }, (_, i) => ({
      at: share(i * step),
      ms: i * step,
    })).filter(({ at }) => at <= 92),
  };
}
