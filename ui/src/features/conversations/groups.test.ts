import { expect, test } from "vitest";
import type { ConversationSummary } from "@/ipc";
import { rowsOf } from "./groups";

const made = (id: string, updatedAt: Date, pinned = false): ConversationSummary => ({
  id,
  title: id,
  createdAt: updatedAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
  messages: 2,
  branches: 1,
  source: "window",
  pinned,
  archived: false,
  streaming: 0,
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
