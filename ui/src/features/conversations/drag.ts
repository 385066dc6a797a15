/** What is carried from one place of the list to another. */
import type { DragEvent } from "react";
import type { ConversationId, FolderId } from "@/ipc";

export type Carried = { conversations: readonly ConversationId[] } | { folder: FolderId };

const TYPE = "application/x-orchesity-filing";
/** What is carried cannot be read before it is dropped. */
let carried: Carried | null = null;

export function carry(event: DragEvent, what: Carried): void {
  carried = what;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData(TYPE, "");
}

/** Takes what is over it, if it is of the list; `over` says whether something is. */
export function dropInto(onDrop: (what: Carried) => void, over: (is: boolean) => void) {
  const ours = (event: DragEvent) => event.dataTransfer.types.includes(TYPE);
  return {
    onDragOver: (event: DragEvent) => {
      if (!ours(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
      over(true);
    },
    onDragLeave: () => over(false),
    onDrop: (event: DragEvent) => {
      over(false);
      if (!ours(event) || !carried) return;
      event.preventDefault();
      onDrop(carried);
      carried = null;
    },
  };
}
