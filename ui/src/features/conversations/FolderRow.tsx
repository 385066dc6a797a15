import {
  ChevronDown,
  ChevronRight,
  Ellipsis,
  Folder as Closed,
  FolderInput,
  FolderOpen,
  FolderPlus,
  Pencil,
  Trash2,
  Wallet,
} from "lucide-react";
import { useState, type DragEvent, type KeyboardEvent } from "react";
import { IconButton } from "@/components/Button";
import { ContextMenu, Menu, type MenuEntry } from "@/components/Menu";
import type { Folder } from "@/ipc";
import { cx } from "@/lib/classes";
import { changeAll, moveFolder } from "./api";
import styles from "./ConversationList.module.css";
import { carry, dropInto, type Carried } from "./drag";
import { askFor } from "./filing";
import { keepList, useView } from "./view";

const LEVEL_PX = 12;

/** What was carried is put into a folder, or into none. */
export function put(what: Carried, folder: Folder["id"] | null): void {
  if ("folder" in what) {
    if (what.folder !== folder) void moveFolder(what.folder, folder);
  } else void changeAll(what.conversations, { kind: "move", folder });
}

/** A folder: chosen, the list has only what is in it. */
export function FolderRow({ folder, level, open }: { folder: Folder; level: number; open: boolean | null }) {
  const { id, name, conversations } = folder;
  const current = useView((view) => view.folder === id);
  const [over, setOver] = useState(false);
  const fold = (now: boolean) => {
    const { folded } = useView.getState();
    keepList({ folded: now ? folded.filter((other) => other !== id) : [...folded, id] });
  };
  const toTrash = () => askFor({ ask: "deleteFolder", folder });
  const toRename = () => askFor({ ask: "renameFolder", folder });
  const entries: MenuEntry[] = [
    {
      label: "New folder in it",
      icon: <FolderPlus size={14} />,
      run: () => askFor({ ask: "newFolder", parent: id }),
    },
    { label: "Rename", keys: "F2", icon: <Pencil size={14} />, run: toRename },
    {
      label: "Move into a folder",
      icon: <FolderInput size={14} />,
      run: () => askFor({ ask: "moveFolder", folder }),
    },
    {
      label: "Budget…",
      icon: <Wallet size={14} />,
      run: () => askFor({ ask: "budget", folder }),
    },
    "line",
    { label: "Delete the folder", keys: "Delete", icon: <Trash2 size={14} />, danger: true, run: toTrash },
  ];
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.key === "F2") toRename();
    else if (event.key === "Delete") toTrash();
    else if (event.key === "ArrowRight" && open === false) fold(true);
    else if (event.key === "ArrowLeft" && open === true) fold(false);
    else return;
    event.preventDefault();
  };
  const Icon = current ? FolderOpen : Closed;
  return (
    <>
      {open !== null && (
        <IconButton
          label={open ? `Fold ${name}` : `Unfold ${name}`}
          className={styles.twist}
          style={{ left: 4 + level * LEVEL_PX }}
          tabIndex={-1}
          onClick={() => fold(!open)}
        >
          {open ? <ChevronDown size={12} /> : <ChevronRight size={12} />}
        </IconButton>
      )}
      <ContextMenu entries={entries}>
        <button
          type="button"
          className={cx(styles.open, over && styles.over)}
          style={{ paddingLeft: 24 + level * LEVEL_PX }}
          data-open
          aria-pressed={current}
          aria-expanded={open ?? undefined}
          title={name}
          draggable
          onDragStart={(event: DragEvent) => carry(event, { folder: id })}
          {...dropInto((what) => put(what, id), setOver)}
          onClick={() => useView.setState({ folder: current ? null : id })}
          onKeyDown={onKeyDown}
        >
          <Icon size={14} className={styles.folder} />
          <span className={styles.title} dir="auto">
            {name}
          </span>
          <span className={styles.count} aria-hidden="true">
            {conversations}
          </span>
        </button>
      </ContextMenu>
      <Menu
        trigger={
          <IconButton label={`More for the folder ${name}`} className={styles.more}>
            <Ellipsis size={14} />
          </IconButton>
        }
        entries={entries}
      />
    </>
  );
}
