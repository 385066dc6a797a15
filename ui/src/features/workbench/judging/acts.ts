/** Votes: given, changed and taken back. */
import { useQuery } from "@tanstack/react-query";
import { notify } from "@/components/toasts";
import { tried } from "@/components/tried";
import { ipc, type Ballot, type ConversationId, type MessageId, type Verdict, type VoteId } from "@/ipc";
import { answerNow } from "../answer/answer";
import { useFocused } from "../answer/focused";
import { openDialog } from "../branching/dialogs";
import { sidesOf } from "../branching/acts";
import { pairFrom, withVersions } from "../branching/versions";
import { isTerminal } from "../fold";
import { shown } from "../shown";
import type { Turn, TurnAnswer } from "../turns";
import { answersId, answersOf, turnId } from "./judged";
import { saw, toggleBlind, useJudging } from "./store";

export function useVotes(conversation: ConversationId | null) {
  return useQuery({
    queryKey: ["votes", conversation],
    queryFn: () => ipc().listVotes(conversation ?? ""),
    enabled: conversation !== null,
    gcTime: 60_000,
  });
}

/** The answers that can be voted on: a model's, and ended; one that two columns show once. */
export function candidates(turn: Turn): TurnAnswer[] {
  return turn.answers.filter((place, i) => {
    const answer = answerNow(place);
    const first = turn.answers.findIndex((other) => idOf(other) === idOf(place)) === i;
    return first && answer.completion !== null && answer.words && isTerminal(answer.state);
  });
}

function idOf({ answer }: TurnAnswer): MessageId {
  return answer?.message.id ?? "";
}

/** The two that are voted on: those that were chosen, else the first two. */
export function pairOf(
  turn: Turn,
  chosen: readonly [MessageId, MessageId] | null,
): readonly [TurnAnswer, TurnAnswer] | null {
  const places = candidates(turn);
  const [a, b] = (chosen ?? []).map((id) => places.find((place) => idOf(place) === id));
  if (a && b && a !== b) return [a, b];
  const [first, second] = places;
  // With two answers, both are what is voted on: one alone is nothing to compare.
  return first && second ? [first, second] : null;
}

async function cast(turn: Turn, ballot: Ballot): Promise<void> {
  const blind = turn.blind === true;
  // What stands where stays as it is when the names appear.
  if (blind) useJudging.setState({ casting: answersId(turn) });
  const vote = await tried(() => ipc().castVote({ ballot, blind }));
  if (vote && blind) saw(turnId(turn), answersId(turn));
  useJudging.setState({ casting: null });
}

export function votePair(turn: Turn, [a, b]: readonly [TurnAnswer, TurnAnswer], verdict: Verdict): void {
  void cast(turn, { kind: "pair", a: idOf(a), b: idOf(b), verdict });
}

export function takeBack(id: VoteId): void {
  void tried(() => ipc().takeBackVote(id));
}

/** ♥: the best of all; of two, the better one. Given a second time it is taken back. */
export function heart(place: TurnAnswer): void {
  const { turn } = shown();
  if (!turn) return;
  if (place.mark?.heart !== undefined) {
    takeBack(place.mark.heart);
    return;
  }
  const places = candidates(turn);
  if (!places.some((other) => idOf(other) === idOf(place)) || places.length < 2) {
    notify({ text: "A vote is about two answers or more that have ended" });
    return;
  }
  const [a, b, ...more] = places;
  if (a && b && more.length === 0) votePair(turn, [a, b], idOf(place) === idOf(a) ? "a" : "b");
  else {
    const others = places.map(idOf).filter((id) => id !== idOf(place));
    void cast(turn, { kind: "best", best: idOf(place), others });
  }
}

/** By command, on what is open. */
export function voteHere(verdict: Verdict): void {
  const { turn } = shown();
  const pair = turn && pairOf(turn, useJudging.getState().pair);
  if (turn && pair) votePair(turn, pair, verdict);
  else notify({ text: "There are no two answers here to vote on" });
}

export function heartHere(): void {
  const { turn } = shown();
  const { place } = useFocused.getState();
  const here = turn?.answers.find(({ branch }) => branch.id === place?.branch.id) ?? turn?.answers[0];
  if (here) heart(here);
  else notify({ text: "There is no answer here yet" });
}

export function takeBackHere(): void {
  const { turn } = shown();
  const conversation = turn?.answers[0]?.branch.conversationId;
  if (!turn || conversation === undefined) return;
  const ids = new Set(turn.answers.map(idOf));
  void tried(async () => {
    const votes = (await ipc().listVotes(conversation)).filter(
      ({ by, ballot }) => by === "user" && answersOf(ballot).every((answer) => ids.has(answer)),
    );
    const last = votes.at(-1);
    if (last) await ipc().takeBackVote(last.id);
    notify({ text: last ? "The vote is taken back" : "Nothing here was voted on" });
  });
}

/** Lets a model say which of two answers is better. */
export async function openJudge(place?: TurnAnswer): Promise<void> {
  const { turn } = shown();
  const here = sidesOf(turn);
  const sides = turn ? await withVersions(turn, here) : here;
  const pair = pairFrom(sides, here, place?.answer?.message.id);
  const conversation = turn?.answers[0]?.branch.conversationId;
  if (!pair || conversation === undefined) notify({ text: "There are no two answers here to judge" });
  else openDialog({ kind: "judge", conversation, sides, left: pair[0], right: pair[1] });
}

export function toggleBlindHere(): void {
  toggleBlind();
  notify({
    text: useJudging.getState().blind ? "Names are hidden until you vote" : "Names are shown",
  });
}
