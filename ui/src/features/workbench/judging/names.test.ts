import { expect, test } from "vitest";
import { fake } from "@/ipc/fake";
import { hidesNames } from "./names";

const hidden = { blind: true, seen: {}, casting: null };

async function columnsOf(...models: string[]) {
  const engine = fake({ scene: "fresh", storage: null });
  const started = await engine.startRun({
    conversation: null,
    parts: [{ type: "text", text: "/echo Nothing that tells a name" }],
    columns: models.map((target) => ({ branch: null, target, params: {} })),
  });
  await engine.stopRun(started.run);
  return (await engine.openConversation(started.conversation)).columns;
}

test("names are hidden as long as any turn hides its own", async () => {
  const two = await columnsOf("simulated/steady", "simulated/fast");
  expect(hidesNames(two, undefined, hidden)).toBe(true);
  expect(hidesNames(two, undefined, { ...hidden, blind: false })).toBe(false);
  const [a = "", b = ""] = two.map(({ branch }) => branch.tip ?? "");
  const ballot = { kind: "pair" as const, a, b, verdict: "tie" as const };
  const vote = {
    id: "v",
    run: "r",
    by: "user" as const,
    ballot,
    blind: true,
    createdAt: "2026-01-01T00:00:00Z",
  };
  expect(hidesNames(two, [vote], hidden)).toBe(false);
  // One answer alone is nothing to compare.
  expect(hidesNames(await columnsOf("simulated/steady"), undefined, hidden)).toBe(false);
});

test("of turns that were not read yet nothing is known, unless all columns share them", async () => {
  const two = await columnsOf("simulated/steady", "simulated/fast");
  const cut = two.map((column) => ({ ...column, messages: column.messages.slice(1) }));
  const [a = "", b = ""] = two.map(({ branch }) => branch.tip ?? "");
  const ballot = { kind: "pair" as const, a, b, verdict: "tie" as const };
  const vote = {
    id: "v",
    run: "r",
    by: "user" as const,
    ballot,
    blind: true,
    createdAt: "2026-01-01T00:00:00Z",
  };
  expect(hidesNames(cut, [vote], hidden)).toBe(true);
  expect(hidesNames(cut.slice(0, 1), [vote], hidden)).toBe(false);
});
