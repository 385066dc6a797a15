import { expect, test } from "vitest";
import { find } from "./find";
import type { PaletteEntry } from "./Palette";

const entry = (id: string, title: string, group = "Commands", hint = ""): PaletteEntry => ({
  id,
  title,
  group,
  hint,
  icon: null,
  run: () => undefined,
});
const entries = [
  entry("new", "New conversation"),
  entry("reopen", "Reopen the closed tab"),
  entry("next", "Next tab"),
  entry("data", "Settings: data", "Commands", "back up, check, erase"),
  entry("c1", "SQLite compaction and the WAL", "Conversations"),
  entry("c2", "A conversation with C++ (new)", "Conversations"),
];
const ids = (query: string, recent: string[] = []) =>
  find(entries, recent, query).map(({ entry }) => entry.id);

test("without words, what was used last comes first, and everything is there once", () => {
  expect(ids("", ["next", "gone"])).toEqual(["next", "new", "reopen", "data", "c1", "c2"]);
  expect(find(entries, ["next"], "")[0]?.group).toBe("Recent");
});

test("the beginning of a title counts most, then of a word, then the inside", () => {
  expect(ids("ne")).toEqual(["next", "new", "c2"]);
  expect(ids("tab")).toEqual(["next", "reopen"]);
});

test("first letters are enough, and hints are read too", () => {
  expect(ids("nc")[0]).toBe("new");
  expect(ids("erase")).toEqual(["data"]);
  expect(ids("zzz")).toEqual([]);
});

test("signs are only signs, and > leaves the commands", () => {
  expect(ids("c++ (")).toEqual(["c2"]);
  expect(ids(">new")).toEqual(["new"]);
});

test("what was found is marked, each letter once", () => {
  expect(find(entries, [], "conv new")[0]?.marks).toEqual([
    [0, 3],
    [4, 8],
  ]);
});
