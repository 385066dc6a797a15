import { afterEach, expect, test } from "vitest";
import type { Command } from "./commands";
import { runKeys } from "./keys";

const ran: string[] = [];
const command = (id: string, keys: string, more: Partial<Command> = {}): Command => ({
  id,
  title: id,
  keys,
  run: () => ran.push(id),
  ...more,
});
const commands = [
  command("close", "Ctrl+W"),
  command("next", "Ctrl+PageDown", { repeats: true }),
  command("stop", "Ctrl+Shift+Escape", { global: true }),
];
const press = (key: string, more: KeyboardEventInit = {}) =>
  runKeys(commands, new KeyboardEvent("keydown", { key, ctrlKey: true, ...more }));

afterEach(() => {
  ran.length = 0;
  document.body.replaceChildren();
});

test("a key that is held runs a command once, and again and again where that is meant", () => {
  expect(press("w")).toBe(true);
  expect(press("w", { repeat: true })).toBe(true);
  press("PageDown");
  press("PageDown", { repeat: true });
  expect(ran).toEqual(["close", "next", "next"]);
});

test("behind a dialog nothing is done, but the answers can be stopped", () => {
  const dialog = document.createElement("div");
  dialog.setAttribute("aria-modal", "true");
  document.body.append(dialog);
  // It is taken all the same: the web view has ideas of its own about some keys.
  expect(press("w")).toBe(true);
  press("Escape", { shiftKey: true });
  expect(ran).toEqual(["stop"]);
});
