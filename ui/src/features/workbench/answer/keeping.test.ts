import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectTo, type BranchId, type ConversationId, type Ipc } from "@/ipc";
import { fake } from "@/ipc/fake";
import { forgetPlaces, keepNow, keepSoon, leave, leftAt, ledTo, placeOf, shows, takeUp } from "./keeping";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  forgetPlaces();
  vi.useRealTimers();
});

/** A column with two answers to its prompt; it ends with the later one. */
async function retried() {
  const real = fake({ scene: "fresh", storage: null });
  const keepScroll = vi.fn((branch: BranchId, scroll: number) => real.keepScroll(branch, scroll));
  const engine: Ipc = { ...real, keepScroll };
  connectTo(engine);
  const started = await engine.startRun({
    conversation: null,
    parts: [{ type: "text", text: "/echo One" }],
    columns: [{ branch: null, target: "simulated/fast", params: {} }],
  });
  await engine.stopRun(started.run);
  const [column] = started.columns;
  if (!column) throw new Error("no column");
  const again = await engine.retryCompletion(column.completion);
  await engine.stopRun(again.run);
  const second = again.columns[0]?.message ?? "";
  return {
    engine,
    keepScroll,
    conversation: started.conversation,
    branch: column.branch,
    first: column.message,
    second,
  };
}

async function read(engine: Ipc, conversation: ConversationId): Promise<void> {
  takeUp((await engine.openConversation(conversation)).columns);
}

const scrollOf = async (engine: Ipc, conversation: ConversationId) =>
  (await engine.openConversation(conversation)).columns[0]?.branch.scroll;

test("a place is kept once nobody scrolls any more, and a later window begins there", async () => {
  const { engine, keepScroll, conversation, branch, second } = await retried();
  await read(engine, conversation);
  keepSoon(branch, second, 120);
  await vi.advanceTimersByTimeAsync(400);
  keepSoon(branch, second, 340.4);
  await vi.advanceTimersByTimeAsync(400);
  expect(keepScroll).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  expect(keepScroll.mock.calls).toEqual([[branch, 340]]);
  keepSoon(branch, second, 340);
  keepNow(branch);
  expect(keepScroll).toHaveBeenCalledTimes(1);
  forgetPlaces();
  await read(engine, conversation);
  expect(placeOf(second)).toEqual({ top: 340, follows: false });
});

test("a window that is left keeps at once, also an end that was followed", async () => {
  const { engine, keepScroll, conversation, branch, second } = await retried();
  await read(engine, conversation);
  keepSoon(branch, second, 90);
  window.dispatchEvent(new Event("blur"));
  expect(keepScroll.mock.calls).toEqual([[branch, 90]]);
  shows(second, { top: () => 700, end: () => 700, seat: () => undefined });
  window.dispatchEvent(new Event("pagehide"));
  expect(keepScroll.mock.calls.at(-1)).toEqual([branch, 700]);
  // An end that is being written was chosen by nobody.
  shows(second, { top: () => null, end: () => null, seat: () => undefined });
  window.dispatchEvent(new Event("blur"));
  expect(keepScroll).toHaveBeenCalledTimes(2);
});

test("a line that is left is found again where it was, after a restart too", async () => {
  const { engine, conversation, branch, first, second } = await retried();
  await read(engine, conversation);
  leave(second, { top: 250, follows: false });
  expect(leftAt(branch)).toBe(250);
  ledTo(await engine.stepSibling(branch, second, -1, leftAt(branch)));
  expect(leftAt(branch)).toBe(0);
  leave(first, { top: 80, follows: false });
  keepSoon(branch, first, 80);
  keepNow(branch);

  forgetPlaces();
  await read(engine, conversation);
  expect(leftAt(branch)).toBe(80);
  const seat = vi.fn();
  shows(second, { top: () => 0, end: () => null, seat });
  ledTo(await engine.stepSibling(branch, first, 1, leftAt(branch)));
  expect(placeOf(second)?.top).toBe(250);
  // Where it is drawn before the engine has answered, it goes there.
  expect(seat).toHaveBeenCalledWith(250);
  expect(await scrollOf(engine, conversation)).toBe(250);
});

test("the place of one answer is never that of the next", async () => {
  const { engine, conversation, branch, first, second } = await retried();
  await read(engine, conversation);
  keepSoon(branch, first, 55);
  await vi.advanceTimersByTimeAsync(600);
  expect(await scrollOf(engine, conversation)).toBe(0);
  keepSoon(branch, second, 300);
  keepNow(branch);
  expect(await scrollOf(engine, conversation)).toBe(300);
  const asked = await engine.startRun({
    conversation,
    parts: [{ type: "text", text: "/echo Two" }],
    columns: [{ branch, target: "simulated/fast", params: {} }],
  });
  await engine.stopRun(asked.run);
  keepSoon(branch, second, 310);
  await read(engine, conversation);
  await vi.advanceTimersByTimeAsync(600);
  expect(await scrollOf(engine, conversation)).toBe(0);
});
