import { beforeEach, expect, test } from "vitest";
import { connectTo, type Ipc } from "@/ipc";
import { fake } from "@/ipc/fake";
import {
  began,
  closeTab,
  openConversation,
  openNew,
  openSettings,
  rememberTabs,
  reopenTab,
  shiftTab,
  stepTab,
  useTabs,
} from "./tabs";

let engine: Ipc;
const shown = () => {
  const { tabs, active } = useTabs.getState();
  return tabs.map((tab) => (tab.id === active ? `[${tab.id}]` : tab.id)).join(" ");
};

beforeEach(() => {
  engine = fake({ scene: "fresh", storage: null });
  connectTo(engine);
  useTabs.setState({ tabs: [{ id: "new", kind: "new" }], active: "new", closed: [] });
});

test("a conversation opens in place of what was read, or apart when that is asked for", () => {
  openConversation("a");
  expect(shown()).toBe("[a]");
  openConversation("b");
  expect(shown()).toBe("[b]");
  openConversation("c", true);
  expect(shown()).toBe("b [c]");
  openConversation("b");
  expect(shown()).toBe("[b] c");
  openSettings();
  openConversation("d");
  expect(shown()).toBe("b settings [d] c");
});

test("a conversation that begins late takes the tab it was begun in, not the one that is read by then", () => {
  openConversation("a", true);
  expect(shown()).toBe("new [a]");
  began("b", "new");
  expect(shown()).toBe("b [a]");
  openNew();
  expect(shown()).toBe("b a [new]");
  began("c", "new");
  expect(shown()).toBe("b a [c]");
  openNew();
  closeTab("new");
  began("d", "new");
  expect(shown()).toBe("b a [c]");
});

test("there is always a tab, and the closed one comes back", () => {
  openConversation("a");
  openConversation("b", true);
  closeTab("b");
  expect(shown()).toBe("[a]");
  closeTab("a");
  expect(shown()).toBe("[new]");
  reopenTab();
  reopenTab();
  expect(shown()).toBe("new a [b]");
});

test("the keyboard goes round, and moves tabs", () => {
  openConversation("a");
  openConversation("b", true);
  openNew();
  expect(shown()).toBe("a b [new]");
  stepTab(1);
  expect(shown()).toBe("[a] b new");
  stepTab(-1);
  shiftTab(-1);
  expect(shown()).toBe("a [new] b");
  shiftTab(-1);
  shiftTab(-1);
  expect(shown()).toBe("[new] a b");
});

test("what was open is open again, and nonsense is not", async () => {
  openConversation("a");
  openSettings();
  const kept = (await engine.prefs.load())["tabs"];
  useTabs.setState({ tabs: [{ id: "new", kind: "new" }], active: "new" });
  rememberTabs(kept, undefined);
  expect(shown()).toBe("a [settings]");
  rememberTabs({ tabs: [{ kind: "weather" }, 7, null], active: "x" }, undefined);
  expect(shown()).toBe("a [settings]");
  rememberTabs(undefined, "old");
  expect(shown()).toBe("[old]");
});
