import { expect, test } from "vitest";
import type { ConversationSummary } from "@/ipc";
import { rowsOf } from "./groups";

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
  expect(rows.map((row) => ("section" in row ? row.section : `- ${row.conversation.id}`))).toEqual([
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
