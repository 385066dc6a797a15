import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { notify } from "@/components/toasts";
import { tried } from "@/components/tried";
import {
  ipc,
  type BatchAction,
  type ConversationId,
  type ConversationSummary,
  type FolderId,
  type SearchQuery,
  type Target,
} from "@/ipc";
import { counted } from "@/lib/sizes";

export function useConversations(text: string) {
  return useQuery({
    queryKey: ["conversations", text],
    queryFn: () => ipc().listConversations(text || null),
    placeholderData: keepPreviousData,
  });
}

export function useFolders() {
  return useQuery({ queryKey: ["folders"], queryFn: () => ipc().listFolders() });
}

export function useTags() {
  return useQuery({ queryKey: ["folders", "tags"], queryFn: () => ipc().listTags() });
}

export function useAnsweredModels() {
  return useQuery({ queryKey: ["conversations", "models"], queryFn: () => ipc().answeredModels() });
}

/** Conversations with an answer of this model; `null` while that is not known. */
export function useAnswered(model: Target | null): ReadonlySet<ConversationId> | null {
  const { data } = useQuery({
    queryKey: ["conversations", "by model", model],
    queryFn: async () => {
      const { conversations } = await ipc().findConversations({ model, archived: "with", limit: 0 });
      return conversations.map(({ id }) => id);
    },
    enabled: model !== null,
  });
  return model === null || !data ? null : new Set(data);
}

const HITS = 50;

/** Messages with these words, page by page. */
export function useHits(query: SearchQuery | null) {
  return useInfiniteQuery({
    queryKey: ["search", query],
    queryFn: ({ pageParam }) => ipc().searchMessages({ ...query, cursor: pageParam, limit: HITS }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    enabled: query !== null,
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  });
}

/** Answers being written anywhere, in this window or not. */
export function useStreamingCount(): number {
  const { data } = useConversations("");
  return (data ?? []).reduce((sum, { streaming }) => sum + streaming, 0);
}

export async function rename(id: ConversationId, title: string): Promise<void> {
  await tried(() => ipc().renameConversation(id, title));
}

export async function pin({ id, pinned }: ConversationSummary): Promise<void> {
  await tried(() => ipc().setPinned(id, !pinned));
}

/** Hides from the list, or shows again, and offers to take that back. */
export async function archive({ id, title, archived }: ConversationSummary): Promise<void> {
  await tried(async () => {
    await ipc().setArchived(id, !archived);
    notify({
      text: archived ? `“${title}” is back in the list` : `Archived “${title}”`,
      action: { label: "Undo", run: () => void tried(() => ipc().setArchived(id, archived)) },
    });
  });
}

/** Deletes, and offers to take that back. */
export async function remove({ id, title }: ConversationSummary): Promise<boolean> {
  const done = await tried(async () => {
    await ipc().deleteConversation(id);
    notify({
      text: `Deleted “${title}”`,
      action: { label: "Undo", run: () => void tried(() => ipc().restoreConversation(id)) },
    });
    return true;
  });
  return done ?? false;
}

/** One thing with many conversations, with one way back; those that it was done to are known then. */
export async function changeAll(
  ids: readonly ConversationId[],
  action: BatchAction,
): Promise<readonly ConversationId[]> {
  const done = await tried(() => ipc().changeConversations([...ids], action));
  if (!done) return [];
  const { changed, streaming, undo } = done;
  const left =
    streaming.length > 0 ? `; ${counted(streaming.length, "is", "are")} left, with a live answer` : "";
  notify({
    text:
      changed > 0
        ? `${said(action)} ${counted(changed, "conversation")}${left}`
        : left
          ? `Nothing changed${left}`
          : "Nothing to change",
    ...(left ? { tone: "warn" as const } : {}),
    ...(undo === null
      ? {}
      : { action: { label: "Undo", run: () => void tried(() => ipc().undoChange(undo)) } }),
  });
  return ids.filter((id) => !streaming.includes(id));
}

function said(action: BatchAction): string {
  switch (action.kind) {
    case "move":
      return action.folder === null ? "Took out of folders:" : "Moved";
    case "tag":
      return "Tagged";
    case "pin":
      return action.pinned ? "Pinned" : "Unpinned";
    case "archive":
      return action.archived ? "Archived" : "Took out of the archive:";
    case "delete":
      return "Deleted";
  }
}

/** Before a neighbour, or last. */
export async function moveFolder(id: FolderId, parent: FolderId | null): Promise<void> {
  await tried(() => ipc().moveFolder(id, parent, null));
}
