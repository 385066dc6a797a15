import { Archive, ArchiveRestore, FileOutput, FolderInput, Pin, PinOff, Tag, Trash2, X } from "lucide-react";
import { IconButton } from "@/components/Button";
import type { ConversationId, ConversationSummary } from "@/ipc";
import { changeAll } from "./api";
import styles from "./ConversationList.module.css";
import { askFor } from "./filing";

/** What can be done with all that are chosen. */
export function SelectionBar({
  chosen,
  onExport,
  onGone,
  onClear,
}: {
  chosen: readonly ConversationSummary[];
  onExport: (conversations: readonly ConversationId[]) => void;
  onGone: (conversation: ConversationId) => void;
  onClear: () => void;
}) {
  const ids = chosen.map(({ id }) => id);
  const pinned = chosen.every((one) => one.pinned);
  const archived = chosen.every((one) => one.archived);
  const toTrash = async () => {
    const gone = await changeAll(ids, { kind: "delete" });
    gone.forEach(onGone);
    if (gone.length > 0) onClear();
  };
  return (
    <div className={styles.selection} role="toolbar" aria-label="Chosen conversations">
      <span className={styles.chosen} role="status">
        {chosen.length.toLocaleString("en-US")}
        <span className="srOnly"> chosen</span>
      </span>
      <IconButton label="Move to folder" onClick={() => askFor({ ask: "move", conversations: ids })}>
        <FolderInput size={14} />
      </IconButton>
      <IconButton label="Tags" onClick={() => askFor({ ask: "tag", conversations: ids })}>
        <Tag size={14} />
      </IconButton>
      <IconButton
        label={pinned ? "Unpin" : "Pin"}
        onClick={() => void changeAll(ids, { kind: "pin", pinned: !pinned })}
      >
        {pinned ? <PinOff size={14} /> : <Pin size={14} />}
      </IconButton>
      <IconButton
        label={archived ? "Take out of the archive" : "Archive"}
        onClick={() => void changeAll(ids, { kind: "archive", archived: !archived }).then(onClear)}
      >
        {archived ? <ArchiveRestore size={14} /> : <Archive size={14} />}
      </IconButton>
      <IconButton label="Export" onClick={() => onExport(ids)}>
        <FileOutput size={14} />
      </IconButton>
      <IconButton label="Delete" onClick={() => void toTrash()}>
        <Trash2 size={14} />
      </IconButton>
      <IconButton label="Choose none" onClick={onClear}>
        <X size={14} />
      </IconButton>
    </div>
  );
}
