import { Menu } from "@base-ui/react/menu";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Ellipsis, Pencil, Search, SquarePen, Trash2 } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { IconButton } from "@/components/Button";
import popup from "@/components/Popup.module.css";
import { ErrorState, Skeleton } from "@/components/States";
import { cx } from "@/lib/classes";
import { reason, type ConversationId, type ConversationSummary } from "@/ipc";
import { remove, rename, useConversations } from "./api";
import styles from "./ConversationList.module.css";
import { rowsOf } from "./groups";

type Props = { current: ConversationId | null; onOpen: (conversation: ConversationId | null) => void };

const ROW_PX = 28;

/** All conversations, found by their words. */
export function ConversationList({ current, onOpen }: Props) {
  const [text, setText] = useState("");
  const searched = useDeferredValue(text.trim());
  const { data, error, isPending, refetch } = useConversations(searched);
  const [renaming, setRenaming] = useState<ConversationId | null>(null);
  const rows = useMemo(() => rowsOf(data ?? [], new Date()), [data]);
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
        <label className={styles.search}>
          <Search size={14} />
          <input
            type="search"
            aria-label="Search conversations"
            placeholder="Search"
            value={text}
            spellCheck={false}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <IconButton label="New conversation" large onClick={() => onOpen(null)}>
          <SquarePen size={16} />
        </IconButton>
      </div>
      <div className={styles.scroller} ref={scroller}>
        {error ? (
          <ErrorState title="The list cannot be read" why={reason(error)} onRetry={() => void refetch()} />
        ) : isPending ? (
          <Skeleton rows={8} label="Loading conversations" />
        ) : rows.length === 0 ? (
          <p className={styles.empty}>
            {searched
              ? `Nothing is called “${searched}”.`
              : "No conversations yet. They appear here as soon as you ask something."}
          </p>
        ) : (
          <div className={styles.rows} style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, start }) => {
              const row = rows[index];
              if (!row) return null;
              const place = { transform: `translateY(${start}px)` };
              if ("section" in row)
                return (
                  <h2 key={row.section} className={styles.section} style={place}>
                    {row.section}
                  </h2>
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
                      onDelete={async () => {
                        if ((await remove(conversation)) && conversation.id === current) onOpen(null);
                      }}
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

type EntryProps = {
  conversation: ConversationSummary;
  current: boolean;
  onOpen: (id: ConversationId) => void;
  onRename: () => void;
  onDelete: () => Promise<void>;
};

function Entry({ conversation, current, onOpen, onRename, onDelete }: EntryProps) {
  const { id, title, messages, streaming } = conversation;
  return (
    <>
      <button
        type="button"
        className={styles.open}
        data-open
        aria-current={current ? "page" : undefined}
        title={title}
        onClick={() => onOpen(id)}
        onKeyDown={(event) => {
          if (event.key === "F2") onRename();
          if (event.key === "Delete") void onDelete();
        }}
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
      <Menu.Root>
        <Menu.Trigger render={<IconButton label={`More for ${title}`} className={styles.more} />}>
          <Ellipsis size={14} />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner className={popup.layer} align="start" sideOffset={4}>
            <Menu.Popup className={cx(popup.pop, popup.menu)}>
              <Menu.Item className={popup.item} onClick={onRename}>
                <Pencil size={14} />
                Rename
              </Menu.Item>
              <Menu.Item className={popup.item} data-danger onClick={() => void onDelete()}>
                <Trash2 size={14} />
                Delete
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </>
  );
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
