/** Which dialog of the tree is open. They are opened from menus, commands and the inspector alike. */
import { create } from "zustand";
import type {
  BranchId,
  ConversationId,
  DeleteWhat,
  MessageId,
  MessageView,
  SynthesisKind,
  Target,
} from "@/ipc";

/** One side of what is compared word by word. */
export type Side = {
  message: MessageId;
  name: Target;
  /** What tells it from other versions by the same name. */
  label?: string;
  /** Its words, where it stands in no column. */
  text?: string;
};

export type Open =
  | { kind: "edit"; view: MessageView; branches: readonly EditedBranch[] }
  | { kind: "delete"; what: DeleteWhat }
  | { kind: "diff"; sides: readonly Side[]; left: MessageId; right: MessageId }
  | {
      kind: "judge";
      conversation: ConversationId;
      sides: readonly Side[];
      left: MessageId;
      right: MessageId;
    }
  | { kind: "merge"; sides: readonly Side[] }
  | { kind: "compare"; conversation: ConversationId; left: BranchId; right: BranchId }
  | { kind: "replay"; branch: BranchId; name: string; target: Target | null }
  | { kind: "provenance"; message: MessageId };

/** A column whose path goes through what is edited. */
export type EditedBranch = { branch: BranchId; target: Target };

type Dialogs = { open: Open | null };

export const useDialogs = create<Dialogs>(() => ({ open: null }));

/** After what is closing now: a menu gives the focus back first. */
export function openDialog(open: Open): void {
  setTimeout(() => useDialogs.setState({ open }));
}

export function closeDialog(): void {
  useDialogs.setState({ open: null });
}

export type { SynthesisKind };
