import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { notify } from "@/components/toasts";
import { showColumns } from "@/components/undoable";
import { ipc, reason, type ConversationId, type MessageId } from "@/ipc";
import { treeOf, type Tree } from "./model";

/** Reading a large tree again is worth waiting for the changes that come with the first one. */
const LARGE = 5_000;
const GATHER_MS = 400;

const keyOf = (id: ConversationId) => ["conversation", id, "tree"] as const;

/**
 * A conversation's tree. It is read again when the engine says that the conversation changed, which is when an answer
 * begins and when it ends: while it is being written nothing happens here.
 */
export function useTree(id: ConversationId | null) {
  const queries = useQueryClient();
  return useQuery({
    queryKey: keyOf(id ?? ""),
    queryFn: async ({ signal }) => {
      const before = queries.getQueryData<Tree>(keyOf(id ?? ""));
      if (before && before.size > LARGE) {
        await new Promise((done) => setTimeout(done, GATHER_MS));
        signal.throwIfAborted();
      }
      return treeOf(await ipc().treeOverview(id ?? "", null), before);
    },
    enabled: id !== null,
    // What did not change keeps its arrays by our own doing.
    structuralSharing: false,
    gcTime: 30_000,
  });
}

/** What was asked for, or why not; `null` when it failed. */
async function tried<T>(act: () => Promise<T>): Promise<T | null> {
  try {
    return await act();
  } catch (error) {
    notify({ text: reason(error), tone: "danger" });
    return null;
  }
}

/** Without a branch the engine leads none elsewhere: no line is left whose place would be remembered. */
export const show = (message: MessageId) => tried(() => ipc().showMessage(message, null, null));

export const showBeside = (id: ConversationId, messages: readonly MessageId[]) =>
  tried(() =>
    showColumns(
      id,
      messages.map((message) => ({ kind: "message", id: message })),
    ),
  );

export const fork = (message: MessageId) => tried(() => ipc().forkBranch({ message, place: "alone" }));

export const setBookmark = (message: MessageId, on: boolean) =>
  tried(async () => (on ? await ipc().setBookmark(message, "") : await ipc().removeBookmark(message)));

export const countBelow = (message: MessageId) => ipc().countDeletion({ kind: "below", message });

export async function removeBelow(message: MessageId): Promise<void> {
  const deletion = await ipc().deleteMessages({ kind: "below", message });
  notify({
    text: deletion.nodes === 1 ? "Deleted 1 message" : `Deleted ${deletion.nodes} messages`,
    action: { label: "Undo", run: () => void tried(() => ipc().restoreDeletion(deletion.id)) },
  });
}

/** Messages of this conversation that say these words, as the search knows them. */
export async function search(id: ConversationId, text: string): Promise<MessageId[]> {
  const found: MessageId[] = [];
  let cursor: string | null = null;
  do {
    const page = await ipc().searchMessages({ text, conversation: id, archived: "with", limit: 200, cursor });
    found.push(...page.hits.map(({ message }) => message));
    cursor = page.next;
  } while (cursor !== null && found.length < MOST_HITS);
  return found;
}
const MOST_HITS = 2_000;

export const readAgain = (queries: QueryClient, id: ConversationId) =>
  void queries.invalidateQueries({ queryKey: keyOf(id) });
