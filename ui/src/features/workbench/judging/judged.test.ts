import { expect, test } from "vitest";
import type { Ballot, Vote } from "@/ipc";
import { fake } from "@/ipc/fake";
import { answerNow } from "../answer/answer";
import { turns, type Turn } from "../turns";
import { answersId, judged, turnId } from "./judged";

const targets = ["simulated/steady", "simulated/fast", "simulated/slow", "simulated/reasoning"];

async function asked(...models: string[]): Promise<Turn> {
  const engine = fake({ scene: "fresh", storage: null });
  const started = await engine.startRun({
    conversation: null,
    parts: [{ type: "text", text: "/echo Nothing that tells a name" }],
    columns: models.map((target) => ({
      branch: null,
      target,
      params: { temperature: models.indexOf(target) },
    })),
  });
  await engine.stopRun(started.run);
  const [turn] = turns((await engine.openConversation(started.conversation)).columns);
  if (!turn) throw new Error("no turn");
  return turn;
}

const plain = { blind: false, seen: {}, casting: null };
const hidden = { blind: true, seen: {}, casting: null };
const shown = (turn: Turn, votes: Vote[], how: Parameters<typeof judged>[2]): Turn => {
  const [now] = judged([turn], votes, how);
  if (!now) throw new Error("no turn");
  return now;
};
const id = (turn: Turn, at: number) => turn.answers[at]?.answer?.message.id ?? "";
const vote = (ballot: Ballot, blind = false): Vote => ({
  id: "v",
  run: "r",
  by: "user",
  ballot,
  blind,
  createdAt: "2026-01-01T00:00:00Z",
});

test("names and what tells them are hidden as long as nothing was voted", async () => {
  const turn = shown(await asked(...targets), [], hidden);
  expect(turn.answers.map(({ target }) => target)).toEqual(["Answer A", "Answer B", "Answer C", "Answer D"]);
  for (const place of turn.answers) {
    const { metrics, served, calls, attempts } = answerNow(place);
    expect({ served, calls, attempts, cost: metrics.cost, first: metrics.ttftMs }).toEqual({
      served: null,
      calls: [],
      attempts: 0,
      cost: null,
      first: null,
    });
  }
  // The twin: without the mode, all of it is there.
  const open = shown(await asked(...targets), [], plain);
  expect(open.answers.map(({ target }) => target)).toEqual(targets);
});

test("the order is another one in other turns, and the same at each look", async () => {
  const turn = await asked(...targets);
  const order = (of: Turn) => of.answers.map(({ branch }) => branch.id).join(" ");
  expect(order(shown(turn, [], hidden))).toBe(order(shown(turn, [], hidden)));
  const orders = new Set(
    Array.from({ length: 24 }, (_, i) => {
      const prompt = turn.promptMessage;
      const other = prompt && { ...prompt, message: { ...prompt.message, id: `prompt ${i}` } };
      return order(shown({ ...turn, promptMessage: other }, [], hidden));
    }),
  );
  expect(orders.size).toBeGreaterThan(5);
});

test("after a vote the names stand where the letters stood", async () => {
  const turn = await asked("simulated/steady", "simulated/fast");
  const before = shown(turn, [], hidden);
  const cast = vote({ kind: "pair", a: id(before, 0), b: id(before, 1), verdict: "b" }, true);
  const casting = { ...hidden, casting: answersId(turn) };
  const seen = { ...hidden, seen: { [turnId(turn)]: [answersId(turn)] } };
  for (const how of [casting, seen]) {
    const after = shown(turn, [cast], how);
    expect(after.blind).toBeUndefined();
    expect(after.answers.map(({ branch }) => branch.id)).toEqual(
      before.answers.map(({ branch }) => branch.id),
    );
    expect(after.answers.map(({ letter }) => letter)).toEqual(["A", "B"]);
    expect(after.answers.map(({ mark }) => mark?.kind)).toEqual([undefined, "better"]);
  }
});

test("what was voted before stays open, and other answers are hidden again", async () => {
  const turn = await asked("simulated/steady", "simulated/fast");
  const cast = vote({ kind: "pair", a: id(turn, 0), b: id(turn, 1), verdict: "tie" });
  expect(shown(turn, [cast], hidden).answers.map(({ target }) => target)).toEqual([
    "simulated/steady",
    "simulated/fast",
  ]);
  const again = await asked("simulated/steady", "simulated/fast", "simulated/slow");
  const fresh = vote({ kind: "pair", a: "gone", b: id(again, 1), verdict: "tie" });
  expect(shown(again, [fresh], hidden).blind).toBe(true);
});

test("a judge's opinion reveals nothing and marks nothing", async () => {
  const turn = await asked("simulated/steady", "simulated/fast");
  const said: Vote = { ...vote({ kind: "pair", a: id(turn, 0), b: id(turn, 1), verdict: "a" }), by: "judge" };
  expect(shown(turn, [said], hidden).blind).toBe(true);
  expect(shown(turn, [said], plain).answers.map(({ mark }) => mark)).toEqual([undefined, undefined]);
});

test("heads say what was voted", async () => {
  const turn = await asked("simulated/steady", "simulated/fast", "simulated/slow");
  const best = vote({ kind: "best", best: id(turn, 1), others: [id(turn, 0), id(turn, 2)] });
  const bad = vote({ kind: "pair", a: id(turn, 0), b: id(turn, 2), verdict: "bothBad" });
  const marks = shown(turn, [best, bad], plain).answers.map(({ mark }) => mark);
  expect(marks.map((mark) => mark?.kind)).toEqual(["bad", "best", "bad"]);
  expect(marks[1]).toEqual({ kind: "best", title: "You voted: the best of 3", heart: "v" });
  expect(marks[0]?.title).toBe("You voted: bad, and so is slow");
});

test("a turn of one answer, and one without votes, stays the very same", async () => {
  const one = await asked("simulated/steady");
  expect(shown(one, [], hidden)).toBe(one);
  const two = await asked("simulated/steady", "simulated/fast");
  expect(shown(two, [], plain)).toBe(two);
});
