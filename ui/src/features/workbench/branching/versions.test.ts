import { expect, test } from "vitest";
import type { Side } from "./dialogs";
import { labelOf, numbered, pairFrom } from "./versions";

const side = (message: string, name: string): Side => ({ message, name });
const steady = "simulated/steady";
const fast = "simulated/fast";

test("versions stand beside what is shown, numbered; other models follow", () => {
  const shown = [side("s2", steady), side("f1", fast)];
  const list = [
    side("s1", steady),
    side("f1", fast),
    side("s2", steady),
    side("o1", "a/other"),
    side("s3", steady),
  ];
  const all = numbered(shown, [list]);
  expect(all.map(({ message }) => message)).toEqual(["s1", "s2", "s3", "f1", "o1"]);
  expect(all.map(labelOf)).toEqual(["steady 1/3", "steady 2/3", "steady 3/3", "fast", "other"]);
});

test("where there is one version of each, all stays as it is", () => {
  const shown = [side("s1", steady), side("f1", fast)];
  expect(numbered(shown, [])).toEqual(shown);
  expect(numbered(shown, [shown])).toEqual(shown);
});

test("a dialog begins with two that are shown, else with a version and the one before it", () => {
  const shown = [side("s2", steady), side("f1", fast)];
  const all = [side("s1", steady), ...shown];
  expect(pairFrom(all, shown, "f1")).toEqual(["f1", "s2"]);
  expect(pairFrom(all, shown, undefined)).toEqual(["s2", "f1"]);
  const versions = [side("s1", steady), side("s2", steady), side("s3", steady)];
  expect(pairFrom(versions, [side("s3", steady)], "s3")).toEqual(["s3", "s2"]);
  expect(pairFrom(versions, [side("s1", steady)], "s1")).toEqual(["s1", "s2"]);
  expect(pairFrom([side("s1", steady)], [side("s1", steady)], "s1")).toBeNull();
  expect(pairFrom([], [], undefined)).toBeNull();
});
