/**
 * Prompts that wait until the columns they go to have been answered. They are part of the draft, and go out whether or
 * not their conversation is on the screen. What was waiting when the app closed does not go out by itself.
 */
import { create } from "zustand";
import {
  ipc,
  reason,
  type ColumnView,
  type CompletionId,
  type ConversationId,
  type ConversationView,
  type Part,
} from "@/ipc";
import { askColumns, forgetChosen, lineupFor, setLineup, type Place } from "../lineup";
import { isTerminal, type LiveAnswers } from "../fold";
import { useLive, watchRun } from "../live";
import { newId, sentParts, type Prompt, type Queued } from "./draft";
import { changeDraft, draftOf, saveDrafts, useDrafts } from "./drafts";

const LOOK_AGAIN_MS = 1_000;

const sending = new Set<ConversationId>();
/** Prompts that the engine is being asked: nobody edits those any more. */
const going = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** The answers that are being written where these places would go on. */
export function writing(
  columns: readonly ColumnView[],
  head: string | null,
  places: readonly Place[],
  live: LiveAnswers,
): CompletionId[] {
  return columns.flatMap(({ branch, messages }) => {
    const goes = places.some((place) => (place.branch ?? head) === branch.id);
    const completion = goes ? messages.at(-1)?.completion : null;
    if (!completion || isTerminal(completion.state)) return [];
    const now = live[completion.id];
    return now && isTerminal(now.state) ? [] : [completion.id];
  });
}

export function enqueue(conversation: ConversationId, prompt: Prompt, places: readonly Place[]): void {
  const { text, attached, values, important } = prompt;
  const marked = important && { important };
  const item: Queued = { id: newId(), text, attached, values, ...marked, places, problem: null };
  changeDraft(conversation, ({ queue }) => ({ queue: [...queue, item] }));
  look();
}

/** Whether a prompt for these places has to wait for one that was queued before it. */
export function waitsBehind(
  queue: readonly Queued[],
  head: string | null,
  places: readonly Place[],
): boolean {
  const columns = new Set(places.map(({ branch }) => branch ?? head));
  return queue.some(
    (item) => item.problem === null && item.places.some(({ branch }) => columns.has(branch ?? head)),
  );
}

/** Brings one back to where it was. */
export function requeue(conversation: ConversationId, item: Queued, at: number): void {
  changeDraft(conversation, ({ queue }) => ({ queue: queue.toSpliced(at, 0, item) }));
  look();
}

/** Whoever stops answers does not want the next ones begun: what waits is sent when it is asked for. */
export function holdQueue(conversation?: ConversationId): void {
  for (const id of conversation === undefined ? Object.keys(useDrafts.getState().drafts) : [conversation])
    for (const { id: item, problem } of draftOf(id).queue)
      if (problem === null)
        changeQueued(id, item, { problem: "You stopped the answers, so this was not sent" });
}

/** Queued prompts that are being edited, as they read now. They, and what is behind them, wait for that. */
export const useEdits = create<Readonly<Record<string, string>>>(() => ({}));

export function editQueued(id: string, text: string): void {
  if (!going.has(id)) useEdits.setState({ [id]: text });
}

/** Ends the editing; without a `text` the prompt stays as it was. */
export function endEdit(conversation: ConversationId, id: string, text: string | null): void {
  useEdits.setState(
    (edits) => Object.fromEntries(Object.entries(edits).filter(([other]) => other !== id)),
    true,
  );
  if (text !== null) changeQueued(conversation, id, { text });
  look();
}

export function dequeue(conversation: ConversationId, id: string): void {
  changeDraft(conversation, ({ queue }) => ({ queue: queue.filter((item) => item.id !== id) }));
}

export function changeQueued(conversation: ConversationId, id: string, change: Partial<Queued>): void {
  changeDraft(conversation, ({ queue }) => ({
    queue: queue.map((item) => (item.id === id ? { ...item, ...change } : item)),
  }));
}

/** Sends one out of turn: what its columns are writing is stopped. */
export async function sendNow(conversation: ConversationId, id: string): Promise<void> {
  const { queue } = draftOf(conversation);
  const item = queue.find((other) => other.id === id);
  if (!item) return;
  changeDraft(conversation, () => ({
    queue: [{ ...item, problem: null }, ...queue.filter((other) => other.id !== id)],
  }));
  try {
    const view = await ipc().openConversation(conversation);
    const busy = writing(view.columns, view.conversation.head, item.places, useLive.getState().answers);
    await Promise.all(busy.map((completion) => ipc().stopCompletion(completion)));
  } catch (error) {
    changeQueued(conversation, id, { problem: reason(error) });
  }
  look();
}

/** What waited when the app was closed is held back, unless its columns are still being answered. */
export function holdBack(view: ConversationView): void {
  const { id, head } = view.conversation;
  for (const item of draftOf(id).queue) {
    if (item.problem !== null) continue;
    if (wasSent(item, view))
      changeQueued(id, item.id, { problem: "Sent already, it seems: the last prompt here is the same" });
    else if (writing(view.columns, head, item.places, {}).length === 0)
      changeQueued(id, item.id, { problem: "The app was closed before this could be sent" });
  }
  look();
}

/** The app may have ended between a prompt's sending and the keeping of that. */
function wasSent(item: Queued, view: ConversationView): boolean {
  const text = (parts: readonly Part[]) =>
    JSON.stringify(parts.map((part) => (part.type === "text" ? part.text : part.type)));
  const wanted = text(sentParts(item));
  return view.columns.some(({ branch, messages }) => {
    if (!item.places.some((place) => (place.branch ?? view.conversation.head) === branch.id)) return false;
    const last = messages.findLast(({ message }) => message.role === "user");
    return last !== undefined && text(last.message.parts) === wanted;
  });
}

/** Sends what need not wait any longer. */
function look(): void {
  clearTimeout(timer);
  timer = undefined;
  for (const [conversation, { queue }] of Object.entries(useDrafts.getState().drafts))
    if (queue[0] && mayGo(queue[0])) void send(conversation, queue[0]);
}

const mayGo = ({ id, problem }: Queued) => problem === null && !(id in useEdits.getState());

async function send(conversation: ConversationId, item: Queued): Promise<void> {
  if (sending.has(conversation)) return;
  sending.add(conversation);
  try {
    const view = await ipc().openConversation(conversation);
    if (writing(view.columns, view.conversation.head, item.places, useLive.getState().answers).length > 0) {
      timer ??= setTimeout(look, LOOK_AGAIN_MS);
      return;
    }
    // It may have been edited or taken back while the engine was asked.
    const queued = () => draftOf(conversation).queue.find((other) => other.id === item.id);
    const now = queued();
    if (!now || !mayGo(now)) return;
    const places = asTheyAre(now.places, view);
    const lineup = lineupFor(view);
    going.add(item.id);
    const started = await ipc().startRun({
      conversation,
      parts: sentParts(now),
      columns: askColumns(places, view),
      ...(now.important && { important: true }),
    });
    watchRun(started.run);
    const wanted = queued()?.problem === null;
    dequeue(conversation, item.id);
    // At once: what is sent must not be found waiting after a crash.
    saveDrafts();
    settleLineup(view, lineup, places, started.columns);
    // It was taken back, or everything was stopped, while the engine was being asked.
    if (!wanted) await ipc().stopRun(started.run);
  } catch (error) {
    changeQueued(conversation, item.id, { problem: reason(error) });
  } finally {
    sending.delete(conversation);
    going.delete(item.id);
    if (draftOf(conversation).queue.some(({ problem }) => problem === null))
      timer ??= setTimeout(look, LOOK_AGAIN_MS);
  }
}

/** Columns may have got another target since; one that is gone is a reason not to send. */
function asTheyAre(places: readonly Place[], view: ConversationView): Place[] {
  return places.map((place) => {
    if (place.branch === null) return place;
    const branch = view.columns.find((column) => column.branch.id === place.branch)?.branch;
    if (!branch)
      throw new Error(`the column of ${place.target} is gone; take the prompt back and choose anew`);
    return { ...place, target: branch.target ?? place.target };
  });
}

/** After a prompt to some of the columns the others stay in the line-up. */
export function settleLineup(
  view: ConversationView,
  lineup: readonly Place[],
  places: readonly Place[],
  started: readonly { branch: string; target: string }[],
): void {
  if (places.length >= lineup.length) forgetChosen(view.conversation.id);
  else
    setLineup(
      view,
      lineup.map((place) => started.find(({ branch }) => branch === place.branch) ?? place),
    );
}

// An answer that ended may be what a prompt waits for.
useLive.subscribe((now, before) => {
  if (now.answers === before.answers) return;
  if (!Object.values(useDrafts.getState().drafts).some(({ queue }) => queue.length > 0)) return;
  const live = (answers: LiveAnswers) =>
    Object.values(answers).filter(({ state }) => !isTerminal(state)).length;
  if (live(now.answers) < live(before.answers)) look();
});
