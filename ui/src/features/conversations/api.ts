import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { notify } from "@/components/toasts";
import { attempt } from "@/components/tried";
import { ipc, type ConversationId, type ConversationSummary } from "@/ipc";

export function useConversations(text: string) {
  return useQuery({
    queryKey: ["conversations", text],
    queryFn: () => ipc().listConversations(text || null),
    placeholderData: keepPreviousData,
  });
}

/** Answers being written anywhere, in this window or not. */
export function useStreamingCount(): number {
  const { data } = useConversations("");
  return (data ?? []).reduce((sum, { streaming }) => sum + streaming, 0);
}

export async function rename(id: ConversationId, title: string): Promise<void> {
  await attempt(() => ipc().renameConversation(id, title));
}

export async function pin({ id, pinned }: ConversationSummary): Promise<void> {
  await attempt(() => ipc().setPinned(id, !pinned));
}

/** Hides from the list, or shows again, and offers to take that back. */
export async function archive({ id, title, archived }: ConversationSummary): Promise<boolean> {
  return attempt(async () => {
    await ipc().setArchived(id, !archived);
    notify({
      text: archived ? `“${title}” is back in the list` : `Archived “${title}”`,
      action: { label: "Undo", run: () => void attempt(() => ipc().setArchived(id, archived)) },
    });
  });
}

/** Deletes, and offers to take that back. */
export async function remove({ id, title }: ConversationSummary): Promise<boolean> {
  return attempt(async () => {
    await ipc().deleteConversation(id);
    notify({
      text: `Deleted “${title}”`,
      action: { label: "Undo", run: () => void attempt(() => ipc().restoreConversation(id)) },
    });
  });
}
