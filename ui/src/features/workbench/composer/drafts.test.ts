import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectTo, type Ipc, type Part } from "@/ipc";
import { fake } from "@/ipc/fake";
import { changeDraft, draftOf, forgetDrafts, freshDrafts, loadDraft, saveDrafts, useDrafts } from "./drafts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  forgetDrafts();
  vi.useRealTimers();
});

const text = (said: string): Part[] => [{ type: "text", text: said }];

/** An engine whose drafts come when `answer` is called. */
function slow(engine: Ipc): { engine: Ipc; answer: () => void } {
  let open: (nothing: null) => void = () => undefined;
  const gate = new Promise<null>((done) => (open = done));
  return {
    engine: { ...engine, loadDraft: (id) => gate.then(() => engine.loadDraft(id)) },
    answer: () => open(null),
  };
}

test("what is typed before the engine answers stays, after what was kept", async () => {
  const real = fake({ scene: "fresh", storage: null });
  await real.saveDraft(null, text("kept"));
  const { engine, answer } = slow(real);
  connectTo(engine);
  const loading = loadDraft(null);
  changeDraft(null, () => ({ text: "typed" }), true);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await real.loadDraft(null)).toEqual(text("kept"));
  answer();
  await loading;
  expect(draftOf(null).text).toBe("kept\ntyped");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await real.loadDraft(null)).toEqual(text("kept\ntyped"));
});

test("each conversation has its own, kept soon, or at once when the window is left", async () => {
  const engine = fake({ scene: "fresh", storage: null });
  connectTo(engine);
  await Promise.all([loadDraft(null), loadDraft("c1")]);
  changeDraft("c1", () => ({ text: "one" }));
  changeDraft(null, () => ({ text: "two" }));
  saveDrafts();
  await vi.advanceTimersByTimeAsync(0);
  expect([await engine.loadDraft("c1"), await engine.loadDraft(null)]).toEqual([text("one"), text("two")]);
  changeDraft("c1", () => ({ text: "" }));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await engine.loadDraft("c1")).toEqual([]);
});

test("a draft that could not be kept is tried again", async () => {
  const engine = fake({ scene: "fresh", storage: null });
  let full = true;
  connectTo({
    ...engine,
    saveDraft: (id, parts) => (full ? Promise.reject(new Error("disk full")) : engine.saveDraft(id, parts)),
  });
  await loadDraft(null);
  changeDraft(null, () => ({ text: "words" }));
  await vi.advanceTimersByTimeAsync(1_000);
  full = false;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await engine.loadDraft(null)).toEqual(text("words"));
});

test("what was erased is not kept again by the window that still shows it", async () => {
  const engine = fake({ scene: "fresh", storage: null });
  connectTo(engine);
  await loadDraft(null);
  changeDraft(null, () => ({ text: "secret" }));
  await vi.advanceTimersByTimeAsync(1_000);
  const { outside } = draftOf(null);
  changeDraft(null, () => ({ text: "secret, and more" }), true);
  await engine.saveDraft(null, []);
  freshDrafts();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await engine.loadDraft(null)).toEqual([]);
  expect(draftOf(null).text).toBe("");
  expect(draftOf(null).outside).toBeGreaterThan(outside);
  // And the next words are kept as ever.
  changeDraft(null, () => ({ text: "new" }));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await engine.loadDraft(null)).toEqual(text("new"));
});

test("a key is told soon; that there is something to send, and which values it needs, at once", async () => {
  connectTo(fake({ scene: "fresh", storage: null }));
  await loadDraft(null);
  const shown = () => useDrafts.getState().drafts.new?.text ?? "";
  const type = (said: string) => changeDraft(null, () => ({ text: said }), true);
  type("a");
  expect(shown()).toBe("a");
  type("ab");
  type("abc");
  expect(draftOf(null).text).toBe("abc");
  expect(shown()).toBe("a");
  await vi.advanceTimersByTimeAsync(200);
  expect(shown()).toBe("abc");
  type("abc {{x}}");
  expect(shown()).toBe("abc {{x}}");
  type("");
  expect(shown()).toBe("");
  // A change from elsewhere has all that was typed, and is told at once.
  type("b");
  type("bc");
  changeDraft(null, (now) => ({ text: `${now.text}!` }));
  expect(shown()).toBe("bc!");
});
