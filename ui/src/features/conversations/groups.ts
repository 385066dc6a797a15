/** The list in sections: folders, pinned ones, then by day, as far as days are told apart; the archive last, and folded. */
import type { ConversationSummary, Folder, FolderId, SearchHit, SortBy } from "@/ipc";

export type Row =
  | { section: string; count: number; folded?: boolean; more?: boolean }
  | { conversation: ConversationSummary }
  | {
      folder: Folder;
      level: number;
      /** `null`: nothing is in it that could be folded. */ open: boolean | null;
    }
  | { hit: SearchHit };

export const ARCHIVE = "Archive";
export const FOLDERS = "Folders";
export const MESSAGES = "Messages";
const DAY_MS = 86_400_000;

/** Conversations, which are in order already. */
export function rowsOf(
  conversations: readonly ConversationSummary[],
  now: Date,
  archiveOpen = false,
  sort: SortBy = "updated",
): Row[] {
  const sections = new Map<string, ConversationSummary[]>();
  const pinned: ConversationSummary[] = [];
  for (const conversation of conversations) {
    if (conversation.pinned && !conversation.archived) {
      pinned.push(conversation);
      continue;
    }
    const section = conversation.archived ? ARCHIVE : sectionOf(conversation, now, sort);
    const members = sections.get(section);
    if (members) members.push(conversation);
    else sections.set(section, [conversation]);
  }
  const archive = sections.get(ARCHIVE);
  sections.delete(ARCHIVE);
  const rows: Row[] = [...(pinned.length > 0 ? [["Pinned", pinned] as const] : []), ...sections].flatMap(
    ([section, members]) => listed({ section, count: members.length }, members),
  );
  if (!archive) return rows;
  const head = { section: ARCHIVE, count: archive.length, folded: !archiveOpen };
  return [...rows, ...listed(head, archiveOpen ? archive : [])];
}

const listed = (head: Row, members: readonly ConversationSummary[]): Row[] => [
  head,
  ...members.map((conversation) => ({ conversation })),
];

/** Folders with what is in them, as far as they are unfolded; parents come before what is in them. */
export function folderRows(folders: readonly Folder[], open: boolean, folded: readonly FolderId[]): Row[] {
  if (folders.length === 0) return [];
  const rows: Row[] = [{ section: FOLDERS, count: folders.length, folded: !open }];
  if (!open) return rows;
  const parents = new Set(folders.map(({ parent }) => parent));
  const levels = new Map<FolderId, number>();
  for (const folder of folders) {
    const level = folder.parent === null ? 0 : (levels.get(folder.parent) ?? -1) + 1;
    // What it is in is folded.
    if (folder.parent !== null && level === 0) continue;
    const isOpen = parents.has(folder.id) ? !folded.includes(folder.id) : null;
    if (isOpen !== false) levels.set(folder.id, level);
    rows.push({ folder, level, open: isOpen });
  }
  return rows;
}

/** `Work / Clients / Acme` */
export function pathOf(folders: readonly Folder[], id: FolderId): string {
  const names: string[] = [];
  for (let at: FolderId | null = id; at !== null;) {
    const folder: Folder | undefined = folders.find((each) => each.id === at);
    if (!folder) break;
    names.unshift(folder.name);
    at = folder.parent;
  }
  return names.join(" / ");
}

function sectionOf(one: ConversationSummary, now: Date, sort: SortBy): string {
  if (sort === "title" || sort === "messages") return "Conversations";
  return dayOf(new Date(sort === "created" ? one.createdAt : one.updatedAt), now);
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
