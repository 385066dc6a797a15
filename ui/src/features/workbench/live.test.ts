import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectTo, type EventBatch, type Ipc } from "@/ipc";
import { fake } from "@/ipc/fake";
import { forgetRuns, useLive, watchRun } from "./live";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  forgetRuns();
  vi.useRealTimers();
});

const prompt = (text: string, ...targets: string[]) => ({
  parts: [{ type: "text" as const, text }],
  columns: targets.map((target) => ({ target })),
});

/** Loses the batches whose place is in `lost`. */
function lossy(engine: Ipc, lost: number[]): Ipc {
  let told = 0;
  return {
    ...engine,
    attachRun: (run, since, listener) =>
      engine.attachRun(run, since, (batch: EventBatch) => void (lost.includes(++told) || listener(batch))),
  };
}

test("an answer is whole although batches were lost on the way", async () => {
  const engine = fake({ scene: "fresh", storage: null });
  connectTo(lossy(engine, [4, 9, 10]));
  const started = await engine.startRun(
    prompt("/echo 👩‍🚀 one two three four five six seven", "simulated/steady", "simulated/fast"),
  );
  watchRun(started.run);
  await vi.advanceTimersByTimeAsync(8_000);
  for (const { completion } of started.columns) {
    const answer = useLive.getState().answers[completion];
    expect(answer?.state).toEqual({ state: "complete", stop: "stop" });
    expect(String(answer?.parts[0]?.text)).toBe("👩‍🚀 one two three four five six seven");
  }
});

test("a window that comes late finds everything and goes on", async () => {
  const engine = fake({ scene: "fresh", storage: null });
  connectTo(engine);
  const started = await engine.startRun(
    prompt("/echo a sentence that is long enough to be cut", "simulated/steady"),
  );
  await vi.advanceTimersByTimeAsync(600);
  watchRun(started.run);
  await vi.advanceTimersByTimeAsync(20);
  const id = started.columns[0]?.completion ?? "";
  const early = String(useLive.getState().answers[id]?.parts[0]?.text ?? "");
  expect(early).not.toBe("");
  await vi.advanceTimersByTimeAsync(5_000);
  expect(String(useLive.getState().answers[id]?.parts[0]?.text)).toBe(
    "a sentence that is long enough to be cut",
  );
});

test("stopping one answer lets its neighbour finish", async () => {
  const engine = fake({ scene: "fresh", storage: null });
  connectTo(engine);
  const started = await engine.startRun(
    prompt("/echo a sentence that is long enough to be cut", "simulated/slow", "simulated/fast"),
  );
  watchRun(started.run);
  await vi.advanceTimersByTimeAsync(300);
  const [slow, fast] = started.columns.map((c) => c.completion);
  await engine.stopCompletion(slow ?? "");
  await vi.advanceTimersByTimeAsync(3_000);
  expect(useLive.getState().answers[slow ?? ""]?.state.state).toBe("stopped");
  expect(useLive.getState().answers[fast ?? ""]?.state.state).toBe("complete");
});

test("answers that have ended do not pile up in memory", async () => {
  const engine = fake({ scene: "fresh", storage: null });
  connectTo(engine);
  for (let i = 0; i < 50; i++) {
    const started = await engine.startRun(prompt(`/echo ${i}`, "simulated/fast"));
    watchRun(started.run);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(Object.keys(useLive.getState().answers).length).toBeLessThanOrEqual(32);
});

test("all that was told within one frame is one update", async () => {
  const engine = fake({ scene: "fresh", storage: null });
  let tell: (batch: EventBatch) => void = () => undefined;
  connectTo({ ...engine, attachRun: async (_run, _since, listener) => void (tell = listener) });
  watchRun("r");
  let updates = 0;
  const stop = useLive.subscribe(() => (updates += 1));
  tell({ run: "r", seq: 1, kind: "snapshotEnd", items: [{ op: "reset", completion: "c" }] });
  tell({
    run: "r",
    seq: 2,
    kind: "live",
    items: [{ op: "open", completion: "c", part: 0, kind: "text", text: "" }],
  });
  for (let i = 0; i < 10; i++)
    tell({
      run: "r",
      seq: 3 + i,
      kind: "live",
      items: [{ op: "append", completion: "c", part: 0, at: i, text: "x" }],
    });
  await vi.advanceTimersByTimeAsync(40);
  stop();
  expect(updates).toBe(1);
  expect(String(useLive.getState().answers["c"]?.parts[0]?.text)).toBe("x".repeat(10));
});
