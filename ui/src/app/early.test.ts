import { expect, test } from "vitest";
import { connectTo } from "@/ipc";
import { fake } from "@/ipc/fake";
import { holdBack } from "./early";
import { activate, openConversation, openNew, rememberTabs, useTabs } from "./tabs";

const kept = {
  theme: "dark",
  tabs: { tabs: [{ kind: "conversation", conversation: "old" }], active: "old" },
};
const shown = () => useTabs.getState().tabs.map(({ id }) => id);

async function started() {
  const engine = fake({ scene: "fresh", storage: null });
  for (const [name, value] of Object.entries(kept)) await engine.prefs.set(name, value);
  const before = await engine.prefs.load();
  const copy = structuredClone(before);
  connectTo(engine);
  useTabs.setState({ tabs: [{ id: "welcome", kind: "welcome" }], active: "welcome", closed: [] });
  return { engine, recall: holdBack(engine.prefs), before: copy };
}

test("nothing is written over what was kept before it has been read", async () => {
  const { engine, recall, before } = await started();
  openNew();
  await engine.prefs.set("theme", "light");
  expect(await engine.prefs.load()).toEqual(before);
  const { kept: now, begun } = recall(before);
  expect(begun).toBe(true);
  // The newer choice counts, and is kept.
  expect(now["theme"]).toBe("light");
  expect((await engine.prefs.load())["theme"]).toBe("light");
  rememberTabs(now["tabs"], undefined, begun);
  expect(shown()).toEqual(["old", "welcome", "new"]);
  expect(useTabs.getState().active).toBe("new");
  expect((await engine.prefs.load())["tabs"]).toMatchObject({ active: "new" });
});

test("who has begun to type stays where they are; else the tabs are as they were left", async () => {
  const first = await started();
  window.dispatchEvent(new KeyboardEvent("keydown", { key: "a" }));
  const typed = first.recall(first.before);
  rememberTabs(typed.kept["tabs"], undefined, typed.begun);
  expect(useTabs.getState().active).toBe("welcome");
  expect(shown()).toEqual(["old", "welcome"]);

  const second = await started();
  const idle = second.recall(second.before);
  rememberTabs(idle.kept["tabs"], undefined, idle.begun);
  expect(shown()).toEqual(["old"]);
  activate("old");
  openConversation("b");
  expect((await second.engine.prefs.load())["tabs"]).toMatchObject({ active: "b" });
});
