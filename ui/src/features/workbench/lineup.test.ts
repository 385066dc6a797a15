import { beforeEach, expect, test } from "vitest";
import { connectTo, type ConversationView, type Ipc } from "@/ipc";
import { fake } from "@/ipc/fake";
import {
  askColumns,
  forgetChosen,
  inScope,
  lineupFor,
  placesFrom,
  rememberLineup,
  setLineup,
  useLineups,
} from "./lineup";

let engine: Ipc;
let view: ConversationView;
const targets = () => lineupFor(view).map(({ target }) => target);
const [steady, fast, slow] = ["simulated/steady", "simulated/fast", "simulated/slow"] as const;

beforeEach(async () => {
  useLineups.setState(useLineups.getInitialState());
  engine = fake({ scene: "fresh", storage: null });
  connectTo(engine);
  const started = await engine.startRun({
    parts: [{ type: "text", text: "hello" }],
    columns: [{ target: steady }, { target: fast, params: { temperature: 0.2 }, system: "be brief" }],
  });
  await engine.stopRun(started.run);
  view = await engine.openConversation(started.conversation);
});

test("the columns that were asked last are asked next, with their own parameters", () => {
  expect(targets()).toEqual([steady, fast]);
  expect(askColumns(lineupFor(view), view)).toEqual([
    { target: steady, branch: view.columns[0]?.branch.id, params: {} },
    {
      target: fast,
      branch: view.columns[1]?.branch.id,
      params: { temperature: 0.2 },
      system: "be brief",
    },
  ]);
});

test("a column that was left out stays out, and one that came later joins", async () => {
  setLineup(view, lineupFor(view).slice(0, 1));
  expect(targets()).toEqual([steady]);
  const prompt = view.columns[0]?.messages[0]?.message.id ?? "";
  await engine.addTargets({ prompt, columns: [{ target: slow }] });
  view = await engine.openConversation(view.conversation.id);
  expect(targets()).toEqual([steady, slow]);
  forgetChosen(view.conversation.id);
  expect(targets()).toEqual([steady, fast, slow]);
});

test("a column that is gone is not asked", () => {
  setLineup(view, [...lineupFor(view), { target: slow, branch: "gone" }]);
  expect(targets()).toEqual([steady, fast]);
});

test("one column alone is asked when it is there, all of them otherwise", () => {
  const places = lineupFor(view);
  const [first] = places;
  expect(inScope(places, first?.branch ?? null)).toEqual([first]);
  expect(inScope(places, "elsewhere")).toBe(places);
  expect(inScope(places, null)).toBe(places);
});

test("what the window remembered is taken as far as it can be read", () => {
  rememberLineup([steady, { target: fast, params: { seed: 1 } }, 7, null, { params: {} }]);
  expect(useLineups.getState().forNew).toEqual([
    { target: steady, branch: null },
    { target: fast, branch: null, params: { seed: 1 } },
  ]);
  expect(placesFrom("nothing")).toEqual([]);
});
