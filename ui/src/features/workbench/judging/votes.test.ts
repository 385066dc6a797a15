import { afterEach, beforeEach, expect, test } from "vitest";
import { connect, ipc } from "@/ipc";
import { showTurn } from "../shown";
import { turns, type Turn } from "../turns";
import { heart, pairOf, voteHere } from "./acts";
import { judged } from "./judged";
import { verdictWords, agreementWords } from "./judgement";
import { useJudging } from "./store";
import { verdictFor } from "./VoteBar";

const ended = (turn: Turn): Turn => ({
  ...turn,
  answers: turn.answers.map((place) => {
    const view = place.answer;
    if (!view?.completion) return place;
    const state = { state: "complete", stop: "stop" } as const;
    const parts = [{ type: "text" as const, text: "Said" }];
    return {
      ...place,
      answer: { ...view, message: { ...view.message, parts }, completion: { ...view.completion, state } },
    };
  }),
});

let conversation = "";

async function open(...targets: string[]): Promise<Turn> {
  const started = await ipc().startRun({
    conversation: null,
    parts: [{ type: "text", text: "/echo Said" }],
    columns: targets.map((target) => ({ branch: null, target })),
  });
  await ipc().stopRun(started.run);
  conversation = started.conversation;
  const [turn] = turns((await ipc().openConversation(conversation)).columns);
  if (!turn) throw new Error("no turn");
  const now = ended(turn);
  showTurn({ turn: now, move: () => undefined });
  return now;
}

const votes = () => ipc().listVotes(conversation);
const cast = (many: number) => expect.poll(async () => (await votes()).length, { timeout: 5_000 }).toBe(many);

beforeEach(async () => {
  await connect();
});
afterEach(() => {
  showTurn(null);
  useJudging.setState({ blind: false, pair: null, seen: {}, casting: null });
});

test("a vote on two answers says which stood left, is changed by another, and keeps whether it was blind", async () => {
  const turn = await open("simulated/steady", "simulated/fast");
  voteHere("b");
  await cast(1);
  const ids = turn.answers.map(({ answer }) => answer?.message.id);
  expect((await votes())[0]).toMatchObject({
    ballot: { kind: "pair", a: ids[0], b: ids[1], verdict: "b" },
    blind: false,
  });
  const [hidden] = judged([turn], [], { blind: true, seen: {}, casting: null });
  showTurn({ turn: hidden ?? null, move: () => undefined });
  voteHere("tie");
  await expect.poll(async () => (await votes()).map(({ blind }) => blind)).toEqual([true]);
  expect((await votes())[0]?.ballot).toMatchObject({ verdict: "tie" });
});

test("♥ of many is the best of all, and goes when it is given again", async () => {
  const turn = await open("simulated/steady", "simulated/fast", "simulated/slow");
  const [, second] = turn.answers;
  if (!second) throw new Error("no second answer");
  heart(second);
  await cast(1);
  expect((await votes())[0]?.ballot).toMatchObject({ kind: "best", best: second.answer?.message.id });
  const [marked] = judged([turn], await votes(), { blind: false, seen: {}, casting: null });
  const again = marked?.answers[1];
  if (!again) throw new Error("no mark");
  heart(again);
  await cast(0);
});

test("of many, two can be chosen; who is not there is not voted on", async () => {
  const turn = await open("simulated/steady", "simulated/fast", "simulated/slow");
  const [a, b, c] = turn.answers.map(({ answer }) => answer?.message.id ?? "");
  const pair = (chosen: [string, string] | null) =>
    pairOf(turn, chosen)?.map(({ answer }) => answer?.message.id);
  expect(pair(null)).toEqual([a, b]);
  expect(pair([c ?? "", a ?? ""])).toEqual([c, a]);
  expect(pair(["gone", a ?? ""])).toEqual([a, b]);
});

test("a verdict is read from the side where its answers stand now", () => {
  expect((["a", "b", "tie", "bothBad"] as const).map((each) => verdictFor(each, false))).toEqual([
    "b",
    "a",
    "tie",
    "bothBad",
  ]);
});

test("a judge's verdict is words, with whether its place decided", () => {
  expect(verdictWords("b", "one", "two")).toBe("two is better");
  expect(verdictWords(null, "one", "two")).toBe("No verdict");
  const words = (agreed: boolean | null) => agreementWords({ agreed, state: "done" });
  expect([words(true), words(false), words(null)].map((each) => each.split(" ")[0])).toEqual([
    "both",
    "the",
    "only",
  ]);
});
