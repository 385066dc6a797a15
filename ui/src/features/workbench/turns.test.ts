import { expect, test } from "vitest";
import type { ColumnView } from "@/ipc";
import { fake } from "@/ipc/fake";
import { textOf, turns } from "./turns";

async function asked(prompts: string[], ...targets: string[]): Promise<ColumnView[]> {
  const engine = fake({ scene: "fresh", storage: null });
  let conversation: string | null = null;
  let branches: (string | null)[] = targets.map(() => null);
  for (const text of prompts) {
    const started = await engine.startRun({
      conversation,
      parts: [{ type: "text", text }],
      columns: targets.map((target, i) => ({ branch: branches[i] ?? null, target })),
    });
    conversation = started.conversation;
    branches = started.columns.map((c) => c.branch);
    await engine.stopRun(started.run);
  }
  return (await engine.openConversation(conversation ?? "")).columns;
}

test("a prompt that went to all columns is shown once", async () => {
  const all = turns(await asked(["one", "two"], "simulated/steady", "simulated/fast", "simulated/slow"));
  expect(all.map((t) => [t.number, t.prompt, t.answers.length])).toEqual([
    [1, "one", 3],
    [2, "two", 3],
  ]);
  expect(all.flatMap((t) => t.answers.map((a) => a.ownPrompt))).toEqual(Array(6).fill(null));
});

test("what a later column shares with its elder is in the turn once", async () => {
  const columns = await asked(["one"], "simulated/steady");
  const [first] = columns;
  if (!first) throw new Error("no column");
  const twin: ColumnView = { ...first, branch: { ...first.branch, id: "twin", target: "simulated/fast" } };
  expect(turns([first, twin])[0]?.answers).toHaveLength(1);
});

test("a column with words of its own keeps them", async () => {
  const columns = await asked(["one"], "simulated/steady", "simulated/fast");
  const second = columns[1]?.messages[0];
  if (second)
    second.message = { ...second.message, id: "other", parts: [{ type: "text", text: "differently" }] };
  const [turn] = turns(columns);
  expect(turn?.prompt).toBe("one");
  expect(turn?.answers.map((a) => a.ownPrompt)).toEqual([null, "differently"]);
  expect(second && textOf(second)).toBe("differently");
});
