/** What is being asked about folders and tags. */
import { create } from "zustand";
import type { ConversationId, Folder, FolderId } from "@/ipc";

export type Filing =
  | { ask: "move"; conversations: readonly ConversationId[] }
  | { ask: "tag"; conversations: readonly ConversationId[] }
  | { ask: "model" }
  | { ask: "newFolder"; parent: FolderId | null }
  | { ask: "renameFolder" | "deleteFolder" | "moveFolder" | "budget"; folder: Folder }
  | { ask: "renameTag" | "deleteTag"; tag: string; count: number };

export const useFiling = create<{ open: Filing | null }>(() => ({ open: null }));

/** After what is closing now: a menu gives the focus back first. */
export function askFor(open: Filing): void {
  setTimeout(() => useFiling.setState({ open }));
}

export const newFolder = (): void => askFor({ ask: "newFolder", parent: null });
