import {
  Archive,
  ArchiveRestore,
  Ellipsis,
  FileOutput,
  FolderInput,
  Pencil,
  Pin,
  PinOff,
  SquareArrowOutUpRight,
  Tag,
  Trash2,
} from "lucide-react";
import { useEffect, useRef, type DragEvent, type KeyboardEvent, type MouseEvent } from "react";
import { IconButton } from "@/components/Button";
import { ContextMenu, Menu, type MenuEntry } from "@/components/Menu";
import type { ConversationId, ConversationSummary } from "@/ipc";
import { counted } from "@/lib/sizes";
import { archive, changeAll, pin, remove, rename } from "./api";
import styles from "./ConversationList.module.css";
import { carry } from "./drag";
import { askFor } from "./filing";

type Props = {
  conversation: ConversationSummary;
  current: boolean;
  /** `null`: nothing is chosen, so that a click opens. */
  chosen: boolean | null;
  /** All that are chosen, where this one is among them; else it alone. */
  meant: readonly ConversationId[];
  onOpen: (conversation: ConversationId, apart: boolean) => void;
  onChoose: (how: "toggle" | "stretch") => void;
  onRename: () => void;
  onExport: (conversations: readonly ConversationId[]) => void;
  onGone: (conversation: ConversationId) => void;
  /** What was chosen has left the list. */
  onDone: () => void;
};

/** A conversation in the list. */
export function Entry({
  conversation,
  current,
  chosen,
  meant,
  onOpen,
  onChoose,
  onRename,
  onExport,
  onGone,
  onDone,
}: Props) {
  const { id, title, messages, streaming, pinned, archived, tags } = conversation;
  const many = meant.length > 1;
  const toTrash = async () => {
    if (many) {
      (await changeAll(meant, { kind: "delete" })).forEach(onGone);
      onDone();
    } else if (await remove(conversation)) onGone(id);
  };
  const doPin = () => void (many ? changeAll(meant, { kind: "pin", pinned: !pinned }) : pin(conversation));
  const doArchive = async () => {
    if (!many) return archive(conversation);
    await changeAll(meant, { kind: "archive", archived: !archived });
    onDone();
  };
  const entries: MenuEntry[] = [
    ...(many ? [{ heading: counted(meant.length, "conversation") }] : []),
    ...(many
      ? []
      : [
          {
            label: "Open in a new tab",
            keys: "Mod+Enter",
            icon: <SquareArrowOutUpRight size={14} />,
            run: () => onOpen(id, true),
          },
          "line" as const,
        ]),
    {
      label: pinned ? "Unpin" : "Pin",
      keys: "P",
      icon: pinned ? <PinOff size={14} /> : <Pin size={14} />,
      run: doPin,
    },
    ...(many ? [] : [{ label: "Rename", keys: "F2", icon: <Pencil size={14} />, run: onRename }]),
    {
      label: "Move to folder",
      keys: "M",
      icon: <FolderInput size={14} />,
      run: () => askFor({ ask: "move", conversations: meant }),
    },
    {
      label: "Tags",
      keys: "T",
      icon: <Tag size={14} />,
      run: () => askFor({ ask: "tag", conversations: meant }),
    },
    {
      label: archived ? "Take out of the archive" : "Archive",
      keys: "E",
      icon: archived ? <ArchiveRestore size={14} /> : <Archive size={14} />,
      run: () => void doArchive(),
    },
    { label: "Export", icon: <FileOutput size={14} />, run: () => onExport(meant) },
    "line",
    { label: "Delete", keys: "Delete", icon: <Trash2 size={14} />, danger: true, run: () => void toTrash() },
  ];
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.shiftKey) return;
    const held = event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && held) onOpen(id, true);
    else if (event.key === " " && held) onChoose("toggle");
    else if (held) return;
    else if (event.key === "F2") onRename();
    else if (event.key === "p") doPin();
    else if (event.key === "m") askFor({ ask: "move", conversations: meant });
    else if (event.key === "t") askFor({ ask: "tag", conversations: meant });
    else if (event.key === "Delete" || event.key === "e") {
      moveOn(event.currentTarget);
      if (event.key === "e") void doArchive();
      else void toTrash();
    } else return;
    event.preventDefault();
  };
  const [tag] = tags;
  return (
    <>
      <ContextMenu entries={entries}>
        <button
          type="button"
          className={styles.open}
          data-open
          data-conversation={id}
          aria-current={current ? "page" : undefined}
          aria-pressed={chosen ?? undefined}
          title={tags.length > 0 ? `${title}\nTags: ${tags.join(", ")}` : title}
          draggable
          onDragStart={(event: DragEvent) => carry(event, { conversations: meant })}
          onClick={(event: MouseEvent) => {
            if (event.shiftKey) onChoose("stretch");
            else if (event.ctrlKey || event.metaKey) onChoose("toggle");
            else onOpen(id, false);
          }}
          onAuxClick={(event: MouseEvent) => event.button === 1 && onOpen(id, true)}
          onKeyDown={onKeyDown}
        >
          <span className={styles.title} dir="auto">
            {title}
          </span>
          {tag !== undefined && (
            <span className={styles.tags} aria-hidden="true">
              <bdi>{tag}</bdi>
              {tags.length > 1 && ` +${tags.length - 1}`}
            </span>
          )}
          {streaming > 0 ? (
            <i className={styles.pulse} role="img" aria-label={`${streaming} live`} />
          ) : (
            <span className={styles.count} aria-hidden="true">
              {messages}
            </span>
          )}
        </button>
      </ContextMenu>
      <Menu
        trigger={
          <IconButton label={`More for ${title}`} className={styles.more}>
            <Ellipsis size={14} />
          </IconButton>
        }
        entries={entries}
      />
    </>
  );
}

/** The focus goes to a neighbour of what is about to leave the list. */
function moveOn(row: Element): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-open]")];
  const at = rows.findIndex((each) => each === row);
  (rows[at + 1] ?? rows[at - 1])?.focus();
}

export function Rename({
  conversation: { id, title },
  onDone,
}: {
  conversation: ConversationSummary;
  onDone: () => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  // The menu that led here gives the focus back to its button first.
  useEffect(() => {
    const timer = setTimeout(() => input.current?.select(), 50);
    return () => clearTimeout(timer);
  }, []);
  const done = (text: string) => {
    onDone();
    if (text.trim() && text.trim() !== title) void rename(id, text.trim());
  };
  return (
    <input
      ref={input}
      className={styles.rename}
      aria-label={`New title of ${title}`}
      defaultValue={title}
      maxLength={200}
      onBlur={(event) => done(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") done(event.currentTarget.value);
        if (event.key === "Escape") {
          event.stopPropagation();
          onDone();
        }
      }}
    />
  );
}
