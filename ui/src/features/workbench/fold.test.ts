import { describe, expect, test } from "vitest";
import type { BatchKind, EventBatch, EventItem } from "@/ipc";
import { fold, nothing, type LiveAnswers, type Progress } from "./fold";

const batch = (seq: number, items: EventItem[], kind: BatchKind = "live"): EventBatch => ({
  run: "r",
  seq,
  kind,
  items,
});
const open = (completion: string, part = 0): EventItem => ({
  op: "open",
  completion,
  part,
  kind: "text",
  text: "",
});
const append = (completion: string, at: number, text: string, part = 0): EventItem => ({
  op: "append",
  completion,
  part,
  at,
  text,
});

function run(...batches: EventBatch[]): { progress: Progress; answers: LiveAnswers } {
  let now: { progress: Progress; answers: LiveAnswers } = { progress: nothing, answers: {} };
  for (const next of batches) {
    const folded = fold(now.progress, now.answers, next);
    if (folded.kind === "again") throw new Error(`a gap at ${next.seq}`);
    now = folded;
  }
  return now;
}

describe("live batches", () => {
  test("grow an answer and leave its neighbour untouched", () => {
    const before = run(batch(1, [open("a"), append("a", 0, "Hel"), open("b"), append("b", 0, "x")]));
    const after = fold(before.progress, before.answers, batch(2, [append("a", 3, "lo")]));
    expect(String(after.kind === "folded" && after.answers["a"]?.parts[0]?.text)).toBe("Hello");
    expect(after.kind === "folded" && after.answers["b"]).toBe(before.answers["b"]);
  });

  test("count offsets in UTF-16 units", () => {
    const { answers } = run(
      batch(1, [
        open("a"),
        append("a", 0, "👩‍🚀"),
        append("a", 5, "é"),
        append("a", 6, "🙂"),
        append("a", 8, "!"),
      ]),
    );
    expect(String(answers["a"]?.parts[0]?.text)).toBe("👩‍🚀é🙂!");
  });

  test("that were folded already change nothing", () => {
    const before = run(batch(1, [open("a"), append("a", 0, "x")]));
    const again = fold(before.progress, before.answers, batch(1, [append("a", 1, "x")]));
    expect(again).toEqual({ kind: "folded", ...before });
  });

  test("with a gap ask for what is missing", () => {
    const before = run(batch(1, [open("a")]));
    expect(fold(before.progress, before.answers, batch(3, [append("a", 0, "x")]))).toEqual({
      kind: "again",
      since: 1,
    });
  });

  test("that do not fit the text ask for everything", () => {
    const before = run(batch(1, [open("a"), append("a", 0, "xy")]));
    expect(fold(before.progress, before.answers, batch(2, [append("a", 1, "z")]))).toEqual({
      kind: "again",
      since: 0,
    });
    expect(fold(before.progress, before.answers, batch(2, [append("a", 0, "z", 4)]))).toEqual({
      kind: "again",
      since: 0,
    });
  });

  test("end an answer with its state and figures", () => {
    const metrics = {
      ttftMs: 1,
      durationMs: 2,
      usage: { input: 1, output: 2, cachedRead: null, cachedWrite: null, reasoning: null },
      usageBy: null,
      cost: null,
    };
    const { answers } = run(
      batch(1, [open("a")]),
      batch(2, [{ op: "end", completion: "a", state: "complete", stop: "length", metrics, attempts: 2 }]),
    );
    expect(answers["a"]).toMatchObject({
      state: { state: "complete", stop: "length" },
      attempts: 2,
      metrics,
    });
  });
});

describe("a snapshot", () => {
  test("replaces what was known, at once and only when it is whole", () => {
    const before = run(batch(1, [open("a"), append("a", 0, "old")]));
    const half = fold(
      before.progress,
      before.answers,
      batch(7, [{ op: "reset", completion: "a" }, open("a"), append("a", 0, "ne")], "snapshot"),
    );
    if (half.kind === "again") throw new Error("refused");
    expect(String(half.answers["a"]?.parts[0]?.text)).toBe("old");
    const whole = fold(half.progress, half.answers, batch(7, [append("a", 2, "w")], "snapshotEnd"));
    if (whole.kind === "again") throw new Error("refused");
    expect(String(whole.answers["a"]?.parts[0]?.text)).toBe("new");
    expect(whole.progress.seq).toBe(7);
    expect(fold(whole.progress, whole.answers, batch(8, [append("a", 3, "er")])).kind).toBe("folded");
  });
});
