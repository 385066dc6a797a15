import { beforeEach, expect, test } from "vitest";
import { act, dismiss, notify, undoLast, useToasts } from "./toasts";

let undone: string[] = [];
const done = (text: string) => notify({ text, action: { label: "Undo", run: () => undone.push(text) } });
const shown = () => useToasts.getState().toasts;

beforeEach(() => {
  undone = [];
  useToasts.setState({ toasts: [] });
});

test("the last steps are undone one after the other, though their notices have gone", () => {
  done("first");
  done("second");
  notify({ text: "something else", action: { label: "Show", run: () => undone.push("wrong") } });
  for (const { id } of shown()) dismiss(id);
  undoLast();
  undoLast();
  expect(undone).toEqual(["second", "first"]);
  undoLast();
  expect(undone).toHaveLength(2);
  expect(shown().at(-1)?.text).toBe("There is nothing to undo");
});

test("what was undone by its button is not undone again", () => {
  done("first");
  const [toast] = shown();
  if (toast) act(toast);
  undoLast();
  expect(undone).toEqual(["first"]);
  expect(shown().map(({ text }) => text)).toEqual(["There is nothing to undo"]);
});
