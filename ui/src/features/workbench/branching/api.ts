import { useQuery } from "@tanstack/react-query";
import { ipc, type ConversationId } from "@/ipc";

/** Read again whenever the conversation changes: their keys begin with its own. */
export function useBranches(conversation: ConversationId) {
  return useQuery({
    queryKey: ["conversation", conversation, "branches"],
    queryFn: () => ipc().listBranches(conversation),
  });
}

export function useBookmarks(conversation: ConversationId) {
  return useQuery({
    queryKey: ["conversation", conversation, "bookmarks"],
    queryFn: () => ipc().listBookmarks(conversation),
  });
}

export function useDeletions(conversation: ConversationId) {
  return useQuery({
    queryKey: ["conversation", conversation, "deletions"],
    queryFn: () => ipc().listDeletions(conversation),
  });
}
