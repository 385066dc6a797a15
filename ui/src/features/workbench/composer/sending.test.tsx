import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectTo, type ConversationView, type Ipc, type StartRun } from "@/ipc";
import { fake } from "@/ipc/fake";
import { keepForNew, lineupFor, useLineups, type Place } from "../lineup";
import { forgetRuns, watchRun } from "../live";
import { changeDraft, draftOf, forgetDrafts, loadDraft } from "./drafts";
import { enqueue } from "./queue";
import { useSending } from "./sending";

let engine: Ipc;
let asked: StartRun[];
/** Lets the engine begin what it was asked. */
let begin: () => void;
let root: Root;
let sending: ReturnType<typeof useSending>;
const opened = vi.fn();
const sent = vi.fn();

type Shown = { view?: ConversationView; lineup: readonly Place[] };

function Harness({ view, lineup }: Shown) {
  const now = useSending({
    conversation: view?.conversation.id ?? null,
    view,
    lineup,
    ready: true,
    onOpen: opened,
    onSent: sent,
  });
  sending = now;
  return null;
}

const show = (shown: Shown | null) =>
  act(() =>
    root.render(
      <QueryClientProvider client={new QueryClient()}>{shown && <Harness {...shown} />}</QueryClientProvider>,
    ),
  );
const places: Place[] = [
  { target: "simulated/steady", branch: null },
  { target: "simulated/fast", branch: null },
];
const begun = async () => {
  const started = await engine.startRun({
    parts: [{ type: "text", text: "/echo one" }],
    columns: places.map(({ target }) => ({ target, params: { temperature: 1 } })),
  });
  watchRun(started.run);
  await vi.advanceTimersByTimeAsync(60_000);
  await loadDraft(started.conversation);
  return engine.openConversation(started.conversation);
};
const typed = (conversation: string | null, text: string) =>
  act(() => changeDraft(conversation, () => ({ text }), true));
const send = () => act(() => void sending.send());
const flush = () => act(() => vi.advanceTimersByTimeAsync(1_000));

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  engine = fake({ scene: "fresh", storage: null });
  asked = [];
  let open: (nothing: null) => void = () => undefined;
  const gate = new Promise<null>((done) => (open = done));
  begin = () => open(null);
  connectTo({
    ...engine,
    startRun: async (request) => {
      asked.push(request);
      await gate;
      return engine.startRun(request);
    },
  });
  opened.mockReset();
  sent.mockReset();
  useLineups.setState({ chosen: {}, forNew: [], newSystem: null, only: null });
  root = createRoot(document.createElement("div"));
});
afterEach(() => {
  act(() => root.unmount());
  forgetRuns();
  forgetDrafts();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a prompt is sent once, however often the key comes before the engine answers", async () => {
  await show({ lineup: places });
  typed(null, "/echo hello");
  act(() => {
    const { send: first } = sending;
    void first();
    void first();
    void sending.send();
  });
  await flush();
  send();
  begin();
  await flush();
  expect(asked).toHaveLength(1);
  typed(null, "/echo again");
  send();
  await flush();
  expect(asked).toHaveLength(2);
});

test("what is marked as important is sent as that, and the mark goes with the prompt", async () => {
  await show({ lineup: places });
  typed(null, "/echo hello");
  changeDraft(null, () => ({ important: true }));
  send();
  begin();
  await flush();
  typed(null, "/echo again");
  send();
  await flush();
  expect(asked.map(({ important }) => important)).toEqual([true, undefined]);
});

test("what is typed while a conversation begins is the next prompt of that conversation", async () => {
  await show({ lineup: places });
  typed(null, "/echo hello");
  send();
  typed(null, "/echo hello and more");
  begin();
  await flush();
  const conversation = opened.mock.calls[0]?.[0] as string;
  expect(draftOf(null).text).toBe("");
  expect(draftOf(conversation).text).toBe(" and more");
  expect(await engine.loadDraft(conversation)).toEqual([{ type: "text", text: " and more" }]);
});

test("whoever has gone elsewhere before the engine answered is not called back", async () => {
  await show({ lineup: places });
  typed(null, "/echo hello");
  send();
  await show(null);
  begin();
  await flush();
  expect(opened).toHaveBeenCalledOnce();
  expect(sent).not.toHaveBeenCalled();
});

test("a prompt in a conversation leaves the line-up of the one to come alone", async () => {
  const view = await begun();
  const [, one] = lineupFor(view);
  keepForNew([...places, { target: "simulated/slow", branch: null }]);
  const before = useLineups.getState().forNew;
  await show({ view, lineup: lineupFor(view) });
  act(() => useLineups.setState({ only: one?.branch ?? null }));
  typed(view.conversation.id, "/echo two");
  send();
  begin();
  await flush();
  expect(asked[0]?.columns).toHaveLength(1);
  expect(useLineups.getState().forNew).toEqual(before);
});

test("no prompt overtakes one that waits for the same column", async () => {
  const view = await begun();
  const { id } = view.conversation;
  const lineup = lineupFor(view);
  // The engine takes its time with the first: nothing is being written then.
  act(() => enqueue(id, { text: "/echo two", attached: [], values: {} }, lineup));
  await show({ view, lineup });
  expect(sending.answering).toBe(true);
  typed(id, "/echo three");
  send();
  await flush();
  expect(asked).toHaveLength(1);
  expect(draftOf(id).queue.map(({ text }) => text)).toEqual(["/echo two", "/echo three"]);
  begin();
  await act(() => vi.advanceTimersByTimeAsync(60_000));
  const [column] = (await engine.openConversation(id)).columns;
  expect(column?.messages.filter(({ message }) => message.role === "user")).toHaveLength(3);
});
