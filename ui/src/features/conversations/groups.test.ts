import { expect, test } from "vitest";
import type { ConversationSummary, Folder } from "@/ipc";
import { folderRows, pathOf, rowsOf, type Row } from "./groups";
import { nothingChosen, present, stretched, toggled } from "./select";
import { arranged, everything, queryOf } from "./view";

const made = (id: string, updatedAt: Date, pinned = false, archived = false): ConversationSummary => ({
  id,
  title: id,
  createdAt: updatedAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
  messages: 2,
  branches: 1,
  source: "window",
  pinned,
  archived,
  streaming: 0,
  folder: null,
  tags: [],
});

const said = (row: Row) =>
  "section" in row
    ? row.section
    : "folder" in row
      ? `${row.level} ${row.folder.name}`
      : `- ${"hit" in row ? row.hit.message : row.conversation.id}`;

test("pinned ones come first, the others under their day", () => {
  const now = new Date(2026, 10, 21, 14);
  const rows = rowsOf(
    [
      made("pin", new Date(2026, 0, 1), true),
      made("a", new Date(2026, 10, 21, 1)),
      made("b", new Date(2026, 10, 20, 23)),
      made("c", new Date(2026, 10, 17)),
      made("d", new Date(2026, 8, 2)),
    ],
    now,
  );
  expect(rows.map(said)).toEqual([
    "Pinned",
    "- pin",
    "Today",
    "- a",
    "Yesterday",
    "- b",
    "Last 7 days",
    "- c",
    "September 2026",
    "- d",
  ]);
});

test("archived ones are counted at the end, and listed when the archive is open", () => {
  const now = new Date(2026, 10, 21, 14);
  const all = [made("old", now, true, true), made("new", now)];
  expect(rowsOf(all, now)).toEqual([
    { section: "Today", count: 1 },
    { conversation: all[1] },
    { section: "Archive", count: 1, folded: true },
  ]);
  expect(rowsOf(all, now, true).at(-1)).toEqual({ conversation: all[0] });
});

test("what is sorted by title stands in one section, and pinned ones are the first all the same", () => {
  const now = new Date(2026, 10, 21, 14);
  const all = [made("b", now), made("a", new Date(2020, 1, 1)), made("c", now, true)];
  const rows = rowsOf(arranged(all, { ...everything, sort: "title" }, [], null), now, false, "title");
  expect(rows.map(said)).toEqual(["Pinned", "- c", "Conversations", "- a", "- b"]);
});

const folder = (id: string, parent: string | null): Folder => ({ id, parent, name: id, conversations: 0 });
const folders = [folder("work", null), folder("acme", "work"), folder("bills", "acme"), folder("home", null)];

test("what is in a folded folder is not listed, however deep", () => {
  expect(folderRows(folders, true, []).map(said)).toEqual([
    "Folders",
    "0 work",
    "1 acme",
    "2 bills",
    "0 home",
  ]);
  expect(folderRows(folders, true, ["work"]).map(said)).toEqual(["Folders", "0 work", "0 home"]);
  expect(folderRows(folders, true, ["acme"]).map(said)).toEqual(["Folders", "0 work", "1 acme", "0 home"]);
  expect(folderRows(folders, false, []).map(said)).toEqual(["Folders"]);
  expect(folderRows([], true, [])).toEqual([]);
  expect(pathOf(folders, "bills")).toBe("work / acme / bills");
});

test("a folder has what is in the folders in it; tags are one in large and small letters", () => {
  const now = new Date(2026, 10, 21);
  const all = [
    { ...made("deep", now), folder: "bills", tags: ["Rust"] },
    { ...made("top", now), folder: "work", tags: [] },
    { ...made("other", now), folder: "home", tags: ["rust"] },
    { ...made("loose", now), tags: ["rust", "late"] },
  ];
  const ids = (view: Partial<typeof everything>, answered: ReadonlySet<string> | null = null) =>
    arranged(all, { ...everything, ...view }, folders, answered).map(({ id }) => id);
  expect(ids({ folder: "work" })).toEqual(["deep", "top"]);
  expect(ids({ folder: "acme" })).toEqual(["deep"]);
  expect(ids({ tags: ["RUST"] })).toEqual(["deep", "other", "loose"]);
  expect(ids({ tags: ["rust", "late"] })).toEqual(["loose"]);
  expect(ids({ only: "unfiled" })).toEqual(["loose"]);
  expect(ids({ model: "a/b" }, new Set(["top"]))).toEqual(["top"]);
  expect(ids({ source: "import" })).toEqual([]);
});

test("a stretch goes from where it began, in either direction, and what is gone is no longer chosen", () => {
  const listed = ["a", "b", "c", "d"];
  const one = toggled(nothingChosen, "c");
  expect([...stretched(one, "a", listed).chosen]).toEqual(["a", "b", "c"]);
  expect([...stretched(stretched(one, "a", listed), "d", listed).chosen]).toEqual(["c", "d"]);
  expect([...stretched(nothingChosen, "b", listed).chosen]).toEqual(["b"]);
  expect(toggled(one, "c").chosen.size).toBe(0);
  expect([...present(toggled(one, "a"), new Set(["a"])).chosen]).toEqual(["a"]);
});

test("a search is asked for within what is shown", () => {
  const narrowed = { role: "user", provider: "ollama", days: 7, order: "ranked" } as const;
  const now = new Date(2026, 10, 21, 14);
  const query = queryOf(
    "owl",
    { ...everything, folder: "work", tags: ["rust"], model: "a/b" },
    narrowed,
    now,
  );
  expect(query).toMatchObject({
    text: "owl",
    folder: "work",
    tags: ["rust"],
    models: ["a/b"],
    providers: ["ollama"],
    roles: ["user"],
    order: "ranked",
    archived: "with",
    from: new Date(2026, 10, 14).toISOString(),
  });
  const only = (view: Partial<typeof everything>) =>
    queryOf("owl", { ...everything, ...view }, { ...narrowed, days: null }, now);
  expect(only({ only: "pinned" })).toMatchObject({ pinned: true, unfiled: false, sources: [] });
  expect(only({ only: "unfiled" })).toMatchObject({ pinned: null, unfiled: true });
  expect(only({ source: "import" })).toMatchObject({ sources: ["import"] });
});
