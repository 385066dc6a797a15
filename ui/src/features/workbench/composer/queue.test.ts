import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectTo, type Ipc, type StartedRun } from "@/ipc";
import { fake } from "@/ipc/fake";
import type { Place } from "../lineup";
import { forgetRuns, watchRun } from "../live";
import { draftOf, forgetDrafts, loadDraft } from "./drafts";
import { stopAll } from "../focus";
import { dequeue, editQueued, endEdit, enqueue, holdBack, requeue, sendNow, useEdits } from "./queue";

let engine: Ipc;
let started: StartedRun;
let places: Place[];

beforeEach(async () => {
  vi.useFakeTimers();
  engine = fake({ scene: "fresh", storage: null });
  connectTo(engine);
  started = await engine.startRun({
    parts: [{ type: "text", text: "/echo a first question of some words" }],
    columns: [{ target: "simulated/steady" }, { target: "simulated/slow" }],
  });
  places = started.columns.map(({ target, branch }) => ({ target, branch }));
  watchRun(started.run);
  await loadDraft(started.conversation);
});
afterEach(() => {
  forgetRuns();
  forgetDrafts();
  useEdits.setState({}, true);
  vi.useRealTimers();
});

const prompt = (text: string) => ({ text, attached: [], values: {} });
const queue = () => draftOf(started.conversation).queue.map(({ text, problem }) => ({ text, problem }));
const said = async (at: number) =>
  (await engine.openConversation(started.conversation)).columns[at]?.messages
    .filter(({ message }) => message.role === "user")
    .map(({ message }) => message.parts.map((part) => (part.type === "text" ? part.text : "")).join(""));

test("a queued prompt goes out when all of its columns are done, in order", async () => {
  enqueue(started.conversation, prompt("/echo two"), places);
  enqueue(started.conversation, prompt("/echo three"), places);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(queue()).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(queue()).toEqual([]);
  expect(await said(1)).toEqual(["/echo a first question of some words", "/echo two", "/echo three"]);
});

test("a prompt for one column waits for that column only", async () => {
  enqueue(started.conversation, prompt("/echo two"), places.slice(0, 1));
  await vi.advanceTimersByTimeAsync(2_400);
  expect(queue()).toEqual([]);
  expect(await said(0)).toHaveLength(2);
  expect(await said(1)).toHaveLength(1);
});

test("what cannot be sent stays, with the reason, and is sent when it is asked for again", async () => {
  let refuse = true;
  connectTo({
    ...engine,
    startRun: (request) =>
      refuse ? Promise.reject(new Error("no key is stored for OpenAI")) : engine.startRun(request),
  });
  enqueue(started.conversation, prompt("/echo two"), places);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(queue()).toEqual([{ text: "/echo two", problem: "no key is stored for OpenAI" }]);
  refuse = false;
  await sendNow(started.conversation, draftOf(started.conversation).queue[0]?.id ?? "");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(queue()).toEqual([]);
  expect(await said(0)).toHaveLength(2);
});

test("to send at once stops what the columns are writing", async () => {
  enqueue(started.conversation, prompt("/echo two"), places);
  await vi.advanceTimersByTimeAsync(200);
  await sendNow(started.conversation, draftOf(started.conversation).queue[0]?.id ?? "");
  await vi.advanceTimersByTimeAsync(1_500);
  expect(queue()).toEqual([]);
  expect(await said(1)).toHaveLength(2);
});

test("a prompt taken back is not sent, and one that outlived the app waits to be asked for", async () => {
  enqueue(started.conversation, prompt("/echo two"), places);
  dequeue(started.conversation, draftOf(started.conversation).queue[0]?.id ?? "");
  enqueue(started.conversation, prompt("/echo three"), places);
  await engine.stopRun(started.run);
  holdBack(await engine.openConversation(started.conversation));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(queue()).toEqual([{ text: "/echo three", problem: "The app was closed before this could be sent" }]);
  expect(await said(0)).toHaveLength(1);
});

const first = () => {
  const [item] = draftOf(started.conversation).queue;
  if (!item) throw new Error("nothing is queued");
  return item;
};
const question = "/echo a first question of some words";

test("a prompt that is being edited waits for its new words, and so does what is behind it", async () => {
  enqueue(started.conversation, prompt("/echo two"), places);
  enqueue(started.conversation, prompt("/echo three"), places);
  const { id } = first();
  editQueued(id, "/echo two");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(queue()).toHaveLength(2);
  expect(await said(0)).toEqual([question]);
  endEdit(started.conversation, id, "/echo two and a half");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await said(0)).toEqual([question, "/echo two and a half", "/echo three"]);
});

test("to stop everything begins nothing: what waits is sent when it is asked for", async () => {
  enqueue(started.conversation, prompt("/echo two"), places);
  await vi.advanceTimersByTimeAsync(200);
  stopAll();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(queue()).toEqual([{ text: "/echo two", problem: "You stopped the answers, so this was not sent" }]);
  expect(await said(0)).toEqual([question]);
  await sendNow(started.conversation, first().id);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await said(0)).toEqual([question, "/echo two"]);
});

test("a run that began while everything was being stopped is stopped too", async () => {
  let open: (nothing: null) => void = () => undefined;
  const gate = new Promise<null>((done) => (open = done));
  const stopped: string[] = [];
  connectTo({
    ...engine,
    startRun: (request) => gate.then(() => engine.startRun(request)),
    stopRun: (run) => {
      stopped.push(run);
      return engine.stopRun(run);
    },
  });
  enqueue(started.conversation, prompt("/echo two"), places);
  await vi.advanceTimersByTimeAsync(60_000);
  stopAll();
  open(null);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(stopped).toHaveLength(1);
  expect(queue()).toEqual([]);
});

test("a prompt brought back after its columns are done goes out", async () => {
  enqueue(started.conversation, prompt("/echo two"), places);
  const item = first();
  dequeue(started.conversation, item.id);
  await vi.advanceTimersByTimeAsync(60_000);
  requeue(started.conversation, item, 0);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(queue()).toEqual([]);
  expect(await said(0)).toEqual([question, "/echo two"]);
});

test("what was sent is not found waiting after a crash", async () => {
  const kept = async () => JSON.stringify(await engine.loadDraft(started.conversation));
  let left: string | undefined;
  connectTo({
    ...engine,
    startRun: async (request) => {
      expect(await kept()).toContain("/echo two");
      const run = await engine.startRun(request);
      // As soon as anything else can be done.
      setTimeout(() => void kept().then((parts) => (left = parts)), 1);
      return run;
    },
  });
  enqueue(started.conversation, prompt("/echo two"), places);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(left).toBe("[]");
});

test("what may have been sent before a crash is not sent again by itself", async () => {
  enqueue(started.conversation, prompt("/echo two"), places);
  const before = await vi.advanceTimersByTimeAsync(1_000).then(() => engine.loadDraft(started.conversation));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await said(0)).toEqual([question, "/echo two"]);
  // The app comes back with the draft as it was before it was sent, and finds it being answered.
  forgetDrafts();
  await engine.saveDraft(started.conversation, before);
  await engine.startRun({
    conversation: started.conversation,
    parts: [{ type: "text", text: "/echo two" }],
    columns: places,
  });
  await loadDraft(started.conversation);
  holdBack(await engine.openConversation(started.conversation));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await said(0)).toEqual([question, "/echo two", "/echo two"]);
  expect(queue()).toEqual([
    { text: "/echo two", problem: "Sent already, it seems: the last prompt here is the same" },
  ]);
});
