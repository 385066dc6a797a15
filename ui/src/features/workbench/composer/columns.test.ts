import { expect, test } from "vitest";
import { connectTo } from "@/ipc";
import { fake } from "@/ipc/fake";
import { lineupOf } from "../lineup";
import { columnNumbers } from "./columns";

const place = (target: string, branch: string | null = null) => ({ target, branch });

test("columns are numbered where their targets do not tell them apart, as the last turn counts them", async () => {
  const engine = fake({ scene: "fresh", storage: null });
  connectTo(engine);
  expect(columnNumbers([place("a/x"), place("b/x")], undefined)).toBeNull();
  expect(columnNumbers([place("a/x"), place("b/x"), place("a/x")], undefined)).toEqual([1, 2, 3]);
  const { conversation } = await engine.startRun({
    parts: [{ type: "text", text: "/echo one" }],
    columns: [{ target: "simulated/steady" }, { target: "simulated/steady" }],
  });
  const view = await engine.openConversation(conversation);
  const [first, second] = lineupOf(view);
  if (!first || !second) throw new Error("two columns were asked");
  expect(columnNumbers([second, first], view)).toEqual([2, 1]);
  expect(columnNumbers([second, place("simulated/steady")], view)).toEqual([2, 3]);
});
