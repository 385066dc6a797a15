/** What is done with a message or a branch: each act is one step of the engine and can be taken back. */
import { notify } from "@/components/toasts";
import { tried } from "@/components/tried";
import {
  ipc,
  type BranchId,
  type BranchPlace,
  type ConversationId,
  type Deletion,
  type DeleteWhat,
  type MessageId,
  type MessageView,
} from "@/ipc";
import { useFocused } from "../answer/focused";
import { answerNow } from "../answer/answer";
import { ledTo, leftAt } from "../answer/keeping";
import { isTerminal } from "../fold";
import { isHidden } from "../judging/hidden";
import { shown } from "../shown";
import type { Turn, TurnAnswer } from "../turns";
import { openDialog, type EditedBranch, type Side } from "./dialogs";
import { pairFrom, withVersions } from "./versions";

/** A new branch from this message, with the target and the parameters of the branch it is taken from. */
export function fork(message: MessageId, like: BranchId, place: BranchPlace): void {
  void tried(() => ipc().forkBranch({ message, like, place })).then((branch) => {
    if (!branch) return;
    const where = place === "beside" ? "It stands beside the others" : "You are on it now";
    notify({
      text: `Forked: ${branch.name}. ${where}`,
      action: { label: "Undo", run: () => void removeBranch(branch.id) },
    });
  });
}

export function pin(branch: BranchId, name: string, pinned: boolean): void {
  void tried(async () => {
    await ipc().pinBranch(branch, pinned);
    notify({
      text: `${pinned ? "Pinned" : "Unpinned"}: ${name}`,
      action: { label: "Undo", run: () => void tried(() => ipc().pinBranch(branch, !pinned)) },
    });
  });
}

/** An edit that was saved on a branch, which can go back to the line that it left. */
export function savedEdit(message: MessageId, branch: BranchId): void {
  notify({
    text: "Saved. What was said before stays beside it",
    action: {
      label: "Undo",
      run: () => void tried(async () => ledTo(await ipc().showMessage(message, branch, leftAt(branch)))),
    },
  });
}

/** The path to this message, as a conversation of its own. */
export async function forkConversation(message: MessageId): Promise<ConversationId | undefined> {
  return tried(() => ipc().forkConversation(message, null));
}

export async function removeBranch(branch: BranchId): Promise<void> {
  const deletion = await tried(() => ipc().deleteBranch(branch));
  if (deletion) offerUndo(deletion, `Deleted the branch ${deletion.label}`);
}

export async function remove(what: DeleteWhat): Promise<void> {
  const deletion = await ipc().deleteMessages(what);
  const { nodes } = deletion;
  offerUndo(deletion, nodes === 1 ? "Deleted 1 message" : `Deleted ${nodes} messages`);
}

/** Takes a merge back: its column closes, and the message goes, for 30 days. */
export function unmerge({ message, branch }: { message: MessageId; branch: BranchId }): void {
  void tried(async () => {
    await ipc().deleteBranch(branch);
    await remove({ kind: "below", message });
  });
}

function offerUndo(deletion: Deletion, text: string): void {
  notify({ text, action: { label: "Undo", run: () => void restore(deletion) } });
}

export async function restore({ id }: Deletion): Promise<void> {
  await tried(() => ipc().restoreDeletion(id));
}

export function bookmark(message: MessageId, on: boolean): void {
  void tried(async () => {
    if (on) await ipc().setBookmark(message, "");
    else await ipc().removeBookmark(message);
    notify({ text: on ? "Bookmarked" : "Bookmark taken away" });
  });
}

/** Shows another version of what was said in these columns: the lines that were left there come back. */
export function stepMessage(columns: readonly EditedBranch[], message: MessageId, by: number): void {
  void tried(async () => {
    for (const { branch } of columns) ledTo(await ipc().stepSibling(branch, message, by, leftAt(branch)));
  });
}

/** The columns whose path goes through the turn's prompt: those that asked just this. */
export function askedWith(turn: Turn, message: MessageId): EditedBranch[] {
  return turn.answers
    .filter(({ answer, branch }) => (answer ? answer.message.parentId === message : branch.tip === message))
    .map(({ branch, target }) => ({ branch: branch.id, target }));
}

export function editPrompt(turn: Turn): void {
  const view = turn.promptMessage;
  if (!view) return;
  openDialog({ kind: "edit", view, branches: askedWith(turn, view.message.id) });
}

export function editAnswer(place: TurnAnswer): void {
  if (place.answer)
    openDialog({
      kind: "edit",
      view: place.answer,
      branches: [{ branch: place.branch.id, target: place.target }],
    });
}

/** The answers of a turn that have words and have ended; one that two columns show is one. */
export function sidesOf(turn: Turn | null): Side[] {
  const sides = (turn?.answers ?? []).flatMap((place) => {
    const answer = answerNow(place);
    return place.answer && answer.words && isTerminal(answer.state)
      ? [{ message: place.answer.message.id, name: place.target }]
      : [];
  });
  return sides.filter(({ message }, i) => sides.findIndex((side) => side.message === message) === i);
}

/** Compares this answer with its neighbour, word by word; which two can be changed there. */
export async function openDiff(place?: TurnAnswer): Promise<void> {
  const { turn } = shown();
  const here = sidesOf(turn);
  const sides = turn ? await withVersions(turn, here) : here;
  const pair = pairFrom(sides, here, place?.answer?.message.id);
  if (!pair) notify({ text: "There are no two answers here to compare" });
  else openDialog({ kind: "diff", sides, left: pair[0], right: pair[1] });
}

export function openMerge(): void {
  const sides = sidesOf(shown().turn);
  if (isHidden(shown().turn ?? undefined)) return;
  if (sides.length < 2) notify({ text: "There are no two answers here to merge" });
  else openDialog({ kind: "merge", sides });
}

/** The answer that has the focus, or the first of the turn. */
function focused(): TurnAnswer | undefined {
  const { turn } = shown();
  const { place } = useFocused.getState();
  return turn?.answers.find(({ branch }) => branch.id === place?.branch.id) ?? turn?.answers[0];
}

function withFocused(act: (place: TurnAnswer, view: MessageView) => unknown): void {
  const place = focused();
  if (place?.answer) act(place, place.answer);
  else notify({ text: "There is no answer here yet" });
}

export function editPromptHere(): void {
  const { turn } = shown();
  if (turn?.promptMessage) editPrompt(turn);
  else notify({ text: "There is no prompt here to edit" });
}

export const editAnswerHere = (): void => withFocused((place) => isHidden(place) || editAnswer(place));
export const forkHere = (): void =>
  withFocused((place, { message }) => isHidden(place) || fork(message.id, place.branch.id, "alone"));
export const forkBesideHere = (): void =>
  withFocused((place, { message }) => isHidden(place) || fork(message.id, place.branch.id, "beside"));
export const diffHere = (): void => void openDiff(focused());
export const bookmarkHere = (): void => withFocused((_, { message }) => bookmark(message.id, true));
export const deleteHere = (): void =>
  withFocused((_, { message }) =>
    openDialog({ kind: "delete", what: { kind: "below", message: message.id } }),
  );
export const deletePromptHere = (): void => {
  const message = shown().turn?.promptMessage?.message.id;
  if (message) openDialog({ kind: "delete", what: { kind: "below", message } });
};
