/** The list in sections: pinned ones, then by day, as far as days are told apart. */
import type { ConversationSummary } from "@/ipc";

export type Row = { section: string } | { conversation: ConversationSummary };

const DAY_MS = 86_400_000;

export function rowsOf(conversations: readonly ConversationSummary[], now: Date): Row[] {
  const sections = new Map<string, ConversationSummary[]>();
  for (const conversation of conversations) {
    const section = conversation.pinned ? "Pinned" : dayOf(new Date(conversation.updatedAt), now);
    sections.set(section, [...(sections.get(section) ?? []), conversation]);
  }
  return [...sections].flatMap(([section, members]) => [
    { section },
    ...members.map((conversation) => ({ conversation })),
  ]);
}

function dayOf(day: Date, now: Date): string {
  const midnight = new Date(now);
  midnight.setHours(0, 0, 0, 0);
  const age = midnight.getTime() - day.getTime();
  if (age <= 0) return "Today";
  if (age <= DAY_MS) return "Yesterday";
  if (age <= 6 * DAY_MS) return "Last 7 days";
  if (age <= 29 * DAY_MS) return "Last 30 days";
  return day.toLocaleDateString("en-US", { month: "long", year: "numeric" });
}
