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

test("what a later column shares with its elder is in a turn once, and twice where both end", async () => {
  const columns = await asked(["one", "two"], "simulated/steady");
  const [first] = columns;
  if (!first) throw new Error("no column");
  const twin: ColumnView = { ...first, branch: { ...first.branch, id: "twin", target: "simulated/fast" } };
  const [one, two] = turns([first, twin]);
  expect(one?.answers).toHaveLength(1);
  // A fork that stands beside the others: what is asked next goes to it as well.
  expect(two?.answers.map(({ branch }) => branch.id)).toEqual([first.branch.id, "twin"]);
  expect(two?.answers.map(({ sibling }) => sibling)).toEqual([null, null]);
  // As soon as one of them has gone on, the other is behind and not beside it.
  const behind = { ...twin, messages: twin.messages.slice(0, 2) };
  expect(turns([first, behind]).map(({ answers }) => answers.length)).toEqual([1, 1]);
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
