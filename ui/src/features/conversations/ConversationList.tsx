import { useVirtualizer } from "@tanstack/react-virtual";
import {
  Archive,
  ArchiveRestore,
  ChevronDown,
  ChevronRight,
  Ellipsis,
  Pencil,
  Pin,
  PinOff,
  SquareArrowOutUpRight,
  SquarePen,
  Trash2,
} from "lucide-react";
import {
  useDeferredValue,
  useEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
} from "react";
import { Button, IconButton, Keys } from "@/components/Button";
import { ContextMenu, Menu, type MenuEntry } from "@/components/Menu";
import { ErrorState, Skeleton } from "@/components/States";
import { SearchField } from "@/components/SearchField";
import { cx } from "@/lib/classes";
import { reason, type ConversationId, type ConversationSummary } from "@/ipc";
import { archive, pin, remove, rename, useConversations } from "./api";
import styles from "./ConversationList.module.css";
import { rowsOf, type Row } from "./groups";

type Props = {
  current: ConversationId | null;
  /** `apart`: beside what is open, not in its place. */
  onOpen: (conversation: ConversationId, apart: boolean) => void;
  onNew: () => void;
  /** It was deleted. */
  onGone: (conversation: ConversationId) => void;
};

const ROW_PX = 28;

/** All conversations, found by their words. */
export function ConversationList({ current, onOpen, onNew, onGone }: Props) {
  const [text, setText] = useState("");
  const searched = useDeferredValue(text.trim());
  const { data, error, isPending, refetch } = useConversations(searched);
  const [renaming, setRenaming] = useState<ConversationId | null>(null);
  const [archiveOpen, setArchiveOpen] = useState(false);
  // Who searches wants what is found, wherever it is.
  const rows = useMemo(
    () => rowsOf(data ?? [], new Date(), archiveOpen || searched !== ""),
    [data, archiveOpen, searched],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
    initialRect: { width: 244, height: 700 },
  });

  const at = rows.findIndex((row) => "conversation" in row && row.conversation.id === current);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at);
    // Only when another conversation was opened: the list does not run away from its reader.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [current]);

  /** Up and down move the focus; what is focused is opened by Enter, as any button. */
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const buttons = [...(scroller.current?.querySelectorAll<HTMLElement>("[data-open]") ?? [])];
    const from = buttons.indexOf(document.activeElement as HTMLElement);
    const to = buttons[from + (event.key === "ArrowDown" ? 1 : -1)] ?? (from < 0 ? buttons[0] : undefined);
    if (!to) return;
    event.preventDefault();
    to.focus();
  };

  return (
    <nav className={styles.list} aria-label="Conversations" onKeyDown={onKeyDown}>
      <div className={styles.head}>
        <SearchField
          className={styles.search}
          type="search"
          label="Search conversations"
          placeholder="Search"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape" || !text) return;
            event.preventDefault();
            setText("");
          }}
        >
          {!text && <Keys command="search.focus" keys="Mod+Shift+F" />}
        </SearchField>
        <IconButton label="New conversation" large onClick={onNew}>
          <SquarePen size={16} />
        </IconButton>
      </div>
      <div className={styles.scroller} ref={scroller}>
        {error ? (
          <ErrorState title="The list cannot be read" why={reason(error)} onRetry={() => void refetch()} />
        ) : isPending ? (
          <Skeleton rows={8} label="Loading conversations" />
        ) : rows.length === 0 ? (
          searched ? (
            <p className={styles.empty}>Nothing is called “{searched}”.</p>
          ) : (
            <div className={styles.empty}>
              <p>No conversations yet. They appear here as soon as you ask something.</p>
              <Button small onClick={onNew}>
                New conversation
              </Button>
            </div>
          )
        ) : (
          <div className={styles.rows} style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, start }) => {
              const row = rows[index];
              if (!row) return null;
              const place = { transform: `translateY(${start}px)` };
              if ("section" in row)
                return (
                  <Head
                    key={row.section}
                    row={row}
                    place={place}
                    onFold={searched ? undefined : () => setArchiveOpen(!archiveOpen)}
                  />
                );
              const { conversation } = row;
              return (
                <div
                  key={conversation.id}
                  className={cx(styles.row, conversation.id === current && styles.current)}
                  style={place}
                >
                  {renaming === conversation.id ? (
                    <Rename conversation={conversation} onDone={() => setRenaming(null)} />
                  ) : (
                    <Entry
                      conversation={conversation}
                      current={conversation.id === current}
                      onOpen={onOpen}
                      onRename={() => setRenaming(conversation.id)}
                      onGone={onGone}
                    />
                  )}
                </div>
              );
            })}
          </div>
        )}
      </div>
    </nav>
  );
}

function Head({
  row: { section, count, folded },
  place,
  onFold,
}: {
  row: Extract<Row, { section: string }>;
  place: React.CSSProperties;
  onFold: (() => void) | undefined;
}) {
  const words = (
    <>
      {section}
      <span className={styles.sectionCount}>{count}</span>
    </>
  );
  return (
    <h2 className={styles.section} style={place}>
      {folded === undefined || !onFold ? (
        words
      ) : (
        <button type="button" data-open aria-expanded={!folded} className={styles.fold} onClick={onFold}>
          {folded ? <ChevronRight size={12} /> : <ChevronDown size={12} />}
          {words}
        </button>
      )}
    </h2>
  );
}

type EntryProps = {
  conversation: ConversationSummary;
  current: boolean;
  onOpen: Props["onOpen"];
  onRename: () => void;
  onGone: Props["onGone"];
};

function Entry({ conversation, current, onOpen, onRename, onGone }: EntryProps) {
  const { id, title, messages, streaming, pinned, archived } = conversation;
  const toTrash = async () => {
    if (await remove(conversation)) onGone(id);
  };
  const entries: MenuEntry[] = [
    {
      label: "Open in a new tab",
      keys: "Mod+Enter",
      icon: <SquareArrowOutUpRight size={14} />,
      run: () => onOpen(id, true),
    },
    "line",
    {
      label: pinned ? "Unpin" : "Pin",
      keys: "P",
      icon: pinned ? <PinOff size={14} /> : <Pin size={14} />,
      run: () => void pin(conversation),
    },
    { label: "Rename", keys: "F2", icon: <Pencil size={14} />, run: onRename },
    {
      label: archived ? "Take out of the archive" : "Archive",
      keys: "E",
      icon: archived ? <ArchiveRestore size={14} /> : <Archive size={14} />,
      run: () => void archive(conversation),
    },
    "line",
    { label: "Delete", keys: "Delete", icon: <Trash2 size={14} />, danger: true, run: () => void toTrash() },
  ];
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.shiftKey) return;
    const held = event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && held) onOpen(id, true);
    else if (held) return;
    else if (event.key === "F2") onRename();
    else if (event.key === "p") void pin(conversation);
    else if (event.key === "Delete" || event.key === "e") {
      moveOn(event.currentTarget);
      void (event.key === "e" ? archive(conversation) : toTrash());
    } else return;
    event.preventDefault();
  };
  return (
    <>
      <ContextMenu entries={entries}>
        <button
          type="button"
          className={styles.open}
          data-open
          aria-current={current ? "page" : undefined}
          title={title}
          onClick={(event: MouseEvent) => onOpen(id, event.ctrlKey || event.metaKey)}
          onAuxClick={(event: MouseEvent) => event.button === 1 && onOpen(id, true)}
          onKeyDown={onKeyDown}
        >
          <span className={styles.title} dir="auto">
            {title}
          </span>
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

function Rename({
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
