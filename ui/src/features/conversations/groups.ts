/** The list in sections: pinned ones, then by day, as far as days are told apart; the archive last, and folded. */
import type { ConversationSummary } from "@/ipc";

export type Row =
  { section: string; count: number; folded?: boolean } | { conversation: ConversationSummary };

export const ARCHIVE = "Archive";
const DAY_MS = 86_400_000;

export function rowsOf(conversations: readonly ConversationSummary[], now: Date, archiveOpen = false): Row[] {
  const sections = new Map<string, ConversationSummary[]>();
  for (const conversation of conversations) {
    const section = conversation.archived
      ? ARCHIVE
      : conversation.pinned
        ? "Pinned"
        : dayOf(new Date(conversation.updatedAt), now);
    const members = sections.get(section);
    if (members) members.push(conversation);
    else sections.set(section, [conversation]);
  }
  const archive = sections.get(ARCHIVE);
  sections.delete(ARCHIVE);
  const rows: Row[] = [...sections].flatMap(([section, members]) =>
    listed({ section, count: members.length }, members),
  );
  if (!archive) return rows;
  const head = { section: ARCHIVE, count: archive.length, folded: !archiveOpen };
  return [...rows, ...listed(head, archiveOpen ? archive : [])];
}

const listed = (head: Row, members: readonly ConversationSummary[]): Row[] => [
  head,
  ...members.map((conversation) => ({ conversation })),
];

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
