import { Dialog } from "@/components/Dialog";
import type { ConversationId } from "@/ipc";
import { counted } from "@/lib/sizes";
import { ExportForm } from "./ExportForm";
import styles from "./Moving.module.css";

/** How what was chosen is exported; none is all of them. */
export function ExportDialog({
  conversations,
  onClose,
}: {
  conversations: readonly ConversationId[];
  onClose: () => void;
}) {
  const what =
    conversations.length === 0 ? "all conversations" : counted(conversations.length, "conversation");
  return (
    <Dialog open title={`Export ${what}`} onClose={onClose}>
      <div className={styles.dialog}>
        <ExportForm conversations={conversations} onDone={onClose} />
      </div>
    </Dialog>
  );
}
