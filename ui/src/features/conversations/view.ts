/** Which conversations are listed, and in what order. */
import { create } from "zustand";
import { ipc, type ConversationSource, type ConversationSummary, type Folder, type FolderId } from "@/ipc";
import type { Role, SearchOrder, SearchQuery, SortBy, Target } from "@/ipc";

export type View = {
  folder: FolderId | null;
  /** With all of these. */
  tags: readonly string[];
  sort: SortBy;
  reverse: boolean;
  only: "pinned" | "archived" | "unfiled" | null;
  source: ConversationSource | null;
  /** With an answer of this model. */
  model: Target | null;
};

/** What narrows a search in what was said, beside the folder, the tags and the model. */
export type Narrowed = {
  role: Role | null;
  provider: string | null;
  /** As many days back. */
  days: number | null;
  order: SearchOrder;
};

type Kept = Pick<View, "sort" | "reverse"> & {
  /** Folders whose folders are not shown. */
  folded: readonly FolderId[];
  foldersOpen: boolean;
};

const PREF = "list";
const sorts: readonly SortBy[] = ["updated", "created", "title", "messages"];

export const everything: View = {
  folder: null,
  tags: [],
  sort: "updated",
  reverse: false,
  only: null,
  source: null,
  model: null,
};

export const useView = create<View & Kept & { narrowed: Narrowed }>(() => ({
  ...everything,
  folded: [],
  foldersOpen: true,
  narrowed: { role: null, provider: null, days: null, order: "newest" },
}));

export function rememberList(kept: unknown): void {
  if (typeof kept !== "object" || kept === null) return;
  const { sort, reverse, folded, foldersOpen } = kept as Partial<Kept>;
  useView.setState({
    sort: sorts.find((known) => known === sort) ?? "updated",
    reverse: reverse === true,
    folded: Array.isArray(folded) ? folded.filter((id) => typeof id === "string") : [],
    foldersOpen: foldersOpen !== false,
  });
}

export function keepList(change: Partial<Kept>): void {
  useView.setState(change);
  const { sort, reverse, folded, foldersOpen } = useView.getState();
  void ipc().prefs.set(PREF, { sort, reverse, folded, foldersOpen });
}

/** Everything is listed again, in the order that was chosen. */
export function showAll(): void {
  const { sort, reverse } = useView.getState();
  useView.setState({ ...everything, sort, reverse });
}

export function toggleTag(tag: string): void {
  useView.setState(({ tags }) => ({
    tags: tags.some((other) => sameTag(other, tag))
      ? tags.filter((other) => !sameTag(other, tag))
      : [...tags, tag],
  }));
}

export const sameTag = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** A folder and all folders in it. */
export function within(folders: readonly Folder[], id: FolderId): ReadonlySet<FolderId> {
  const found = new Set([id]);
  // Parents come before what is in them.
  for (const { id, parent } of folders) if (parent !== null && found.has(parent)) found.add(id);
  return found;
}

const compare: Record<SortBy, (a: ConversationSummary, b: ConversationSummary) => number> = {
  updated: (a, b) => b.updatedAt.localeCompare(a.updatedAt),
  created: (a, b) => b.createdAt.localeCompare(a.createdAt),
  title: (a, b) => a.title.localeCompare(b.title, undefined, { sensitivity: "base" }),
  messages: (a, b) => b.messages - a.messages,
};

/** Those that fit, in order. `answered`: those with an answer of the model. */
export function arranged(
  all: readonly ConversationSummary[],
  view: View,
  folders: readonly Folder[],
  answered: ReadonlySet<string> | null,
): ConversationSummary[] {
  const inside = view.folder !== null && within(folders, view.folder);
  const by = compare[view.sort];
  return all
    .filter(
      (one) =>
        (!inside || (one.folder !== null && inside.has(one.folder))) &&
        view.tags.every((tag) => one.tags.some((other) => sameTag(other, tag))) &&
        (view.only !== "pinned" || one.pinned) &&
        (view.only !== "archived" || one.archived) &&
        (view.only !== "unfiled" || one.folder === null) &&
        (view.source === null || one.source === view.source) &&
        (view.model === null || !answered || answered.has(one.id)),
    )
    .sort((a, b) => (view.reverse ? by(b, a) : by(a, b)));
}

const DAY_MS = 86_400_000;

/** The same as a search in what was said. */
export function queryOf(text: string, view: View, narrowed: Narrowed, now: Date): SearchQuery {
  const since = new Date(now);
  since.setHours(0, 0, 0, 0);
  return {
    text,
    order: narrowed.order,
    folder: view.folder,
    tags: [...view.tags],
    models: view.model === null ? [] : [view.model],
    providers: narrowed.provider === null ? [] : [narrowed.provider],
    roles: narrowed.role === null ? [] : [narrowed.role],
    from: narrowed.days === null ? null : new Date(since.getTime() - narrowed.days * DAY_MS).toISOString(),
    archived: view.only === "archived" ? "only" : "with",
    pinned: view.only === "pinned" ? true : null,
    unfiled: view.only === "unfiled",
    sources: view.source === null ? [] : [view.source],
  };
}

export const isNarrowed = (view: View): boolean =>
  view.folder !== null ||
  view.tags.length > 0 ||
  view.only !== null ||
  view.source !== null ||
  view.model !== null;
