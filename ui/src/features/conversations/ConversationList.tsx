import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronRight, SquarePen } from "lucide-react";
import {
  Suspense,
  useCallback,
  useDeferredValue,
  useEffect,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
} from "react";
import { Button, IconButton, Keys } from "@/components/Button";
import { SearchField } from "@/components/SearchField";
import { ErrorState, Skeleton } from "@/components/States";
import { cx } from "@/lib/classes";
import { later } from "@/lib/later";
import {
  reason,
  type ConversationId,
  type ConversationSummary,
  type Folder,
  type SearchHit,
  type Tag,
} from "@/ipc";
import { useAnswered, useConversations, useFolders, useTags } from "./api";
import { Chips, ViewMenu } from "./Chips";
import styles from "./ConversationList.module.css";
import { dropInto } from "./drag";
import { Entry, Rename } from "./Entry";
import { useFiling } from "./filing";
import { FolderRow, put } from "./FolderRow";
import { ARCHIVE, FOLDERS, folderRows, MESSAGES, rowsOf, type Row } from "./groups";
import { HitRow } from "./HitRow";
import { useFound } from "./found";
import { nothingChosen, present, stretched, toggled } from "./select";
import { arranged, isNarrowed, keepList, showAll, useView } from "./view";

const FilingDialogs = later(() => import("./FilingDialogs").then((module) => module.FilingDialogs));
const SelectionBar = later(() => import("./SelectionBar").then((module) => module.SelectionBar));
const SearchFilters = later(() => import("./SearchFilters").then((module) => module.SearchFilters));

/** A message that was found, and with what words among which others. */
export type Found = { hit: SearchHit; text: string; all: readonly SearchHit[] };

type Props = {
  current: ConversationId | null;
  /** `apart`: beside what is open, not in its place. */
  onOpen: (conversation: ConversationId, apart: boolean) => void;
  onHit: (found: Found, apart: boolean) => void;
  onNew: () => void;
  /** It was deleted. */
  onGone: (conversation: ConversationId) => void;
  onExport: (conversations: readonly ConversationId[]) => void;
};

const ROW_PX = 28;
const HIT_PX = 84;

const noFolders: readonly Folder[] = [];
const noTags: readonly Tag[] = [];
const nothing: readonly ConversationSummary[] = [];

/** All conversations in their folders, and all that was said in them, found by their words. */
export function ConversationList({ current, onOpen, onHit, onNew, onGone, onExport }: Props) {
  const [text, setText] = useState("");
  const searched = useDeferredValue(text.trim());
  const { data, error, isPending, refetch } = useConversations(searched);
  const { data: folders = noFolders } = useFolders();
  const { data: tags = noTags } = useTags();
  const view = useView();
  const answered = useAnswered(view.model);
  const [renaming, setRenaming] = useState<ConversationId | null>(null);
  const [archiveOpen, setArchiveOpen] = useState(false);
  const filing = useFiling(({ open }) => open !== null);

  const conversations = useMemo(
    () => arranged(data ?? nothing, view, folders, answered),
    [data, view, folders, answered],
  );
  const found = useFound(searched);
  const rows = useMemo((): Row[] => {
    // Who searches or narrows wants what is found, wherever it is.
    const unfolded = archiveOpen || searched !== "" || view.only === "archived";
    const listed = rowsOf(conversations, new Date(), unfolded, view.sort);
    if (!searched) return [...folderRows(folders, view.foldersOpen, view.folded), ...listed];
    if (found.hits.length === 0) return listed;
    return [
      ...listed,
      { section: MESSAGES, count: found.total, more: found.more },
      ...found.hits.map((hit) => ({ hit })),
    ];
  }, [
    conversations,
    archiveOpen,
    searched,
    view.only,
    view.sort,
    view.foldersOpen,
    view.folded,
    folders,
    found,
  ]);

  const scroller = useRef<HTMLDivElement>(null);
  // Rows of other heights are other rows.
  const keyOf = useCallback((index: number) => keyOfRow(rows[index]), [rows]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => ("hit" in (rows[index] ?? {}) ? HIT_PX : ROW_PX),
    getItemKey: keyOf,
    overscan: 10,
    initialRect: { width: 244, height: 700 },
  });

  const shown = virtual.getVirtualItems();
  const end = (shown.at(-1)?.index ?? -1) >= rows.length - 2;
  const { readOn } = found;
  useEffect(() => {
    if (end) readOn?.();
  }, [end, readOn]);

  const at = rows.findIndex((row) => "conversation" in row && row.conversation.id === current);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at);
    // Only when another conversation was opened: the list does not run away from its reader.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [current]);

  const [selection, setSelection] = useState(nothingChosen);
  const order = useMemo(
    () => rows.flatMap((row) => ("conversation" in row ? [row.conversation.id] : [])),
    [rows],
  );
  const known = useMemo(() => new Set(data?.map(({ id }) => id)), [data]);
  const { chosen } = present(selection, known);
  const chosenOnes = useMemo(() => (data ?? nothing).filter(({ id }) => chosen.has(id)), [data, chosen]);
  const chosenIds = chosenOnes.map(({ id }) => id);
  /** The keyboard stays in the list when what it was on goes. */
  const clear = () => {
    setSelection(nothingChosen);
    setTimeout(() => {
      if (document.activeElement === document.body)
        scroller.current?.querySelector<HTMLElement>("[data-conversation]")?.focus();
    });
  };
  const choose = (how: "toggle" | "stretch", id: ConversationId) =>
    setSelection((now) =>
      how === "toggle"
        ? toggled(now, id)
        : stretched(now.anchor === null ? { ...now, anchor: current } : now, id, order),
    );

  /** Up and down move the focus; with Shift they choose. What is focused is opened by Enter, as any button. */
  const onKeyDown = (event: KeyboardEvent) => {
    const inText = event.target instanceof HTMLInputElement;
    if (event.key === "Escape" && chosen.size > 0 && !inText) {
      event.preventDefault();
      return setSelection(nothingChosen);
    }
    if (event.key === "a" && (event.ctrlKey || event.metaKey) && !inText && order.length > 0) {
      event.preventDefault();
      return setSelection({ chosen: new Set(order), anchor: order[0] ?? null });
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const buttons = [...(scroller.current?.querySelectorAll<HTMLElement>("[data-open]") ?? [])];
    const from = buttons.indexOf(document.activeElement as HTMLElement);
    const to = buttons[from + (event.key === "ArrowDown" ? 1 : -1)] ?? (from < 0 ? buttons[0] : undefined);
    if (!to) return;
    event.preventDefault();
    to.focus();
    const here = buttons[from]?.dataset["conversation"];
    const next = to.dataset["conversation"];
    if (!event.shiftKey || next === undefined) return;
    setSelection((now) =>
      stretched(now.chosen.size === 0 && here !== undefined ? toggled(now, here) : now, next, order),
    );
  };

  const [over, setOver] = useState(false);
  return (
    <nav className={styles.list} aria-label="Conversations" onKeyDown={onKeyDown}>
      <div className={styles.head}>
        <SearchField
          className={styles.search}
          type="search"
          label="Search conversations"
          placeholder="Search"
          value={text}
          maxLength={400}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape" || !text) return;
            event.preventDefault();
            setText("");
          }}
        >
          {!text && <Keys command="search.focus" keys="Mod+Shift+F" />}
        </SearchField>
        <ViewMenu />
        <IconButton label="New conversation" large onClick={onNew}>
          <SquarePen size={16} />
        </IconButton>
      </div>
      <Chips folders={folders} tags={tags} />
      {searched && (
        <Suspense>
          <SearchFilters folders={folders} />
        </Suspense>
      )}
      {searched && found.words && (
        <p className={styles.said} role="status">
          {found.words}
        </p>
      )}
      <div className={styles.scroller} ref={scroller}>
        {error ? (
          <ErrorState title="The list cannot be read" why={reason(error)} onRetry={() => void refetch()} />
        ) : isPending ? (
          <Skeleton rows={8} label="Loading conversations" />
        ) : (
          <>
            <div className={styles.rows} style={{ height: virtual.getTotalSize() }}>
              {shown.map(({ index, start }) => {
                const row = rows[index];
                if (!row) return null;
                const place = { transform: `translateY(${start}px)` };
                if ("section" in row)
                  return (
                    <Head
                      key={keyOf(index)}
                      row={row}
                      place={place}
                      {...(row.section === FOLDERS
                        ? {
                            drop: dropInto((what) => put(what, null), setOver),
                            over,
                            onFold: () => keepList({ foldersOpen: !view.foldersOpen }),
                          }
                        : row.section === ARCHIVE && !searched && view.only !== "archived"
                          ? { onFold: () => setArchiveOpen(!archiveOpen) }
                          : {})}
                    />
                  );
                if ("folder" in row)
                  return (
                    <div key={keyOf(index)} className={styles.row} style={place}>
                      <FolderRow {...row} />
                    </div>
                  );
                if ("hit" in row)
                  return (
                    <div key={keyOf(index)} className={styles.hitRow} style={place}>
                      <HitRow
                        hit={row.hit}
                        onOpen={(apart) => onHit({ hit: row.hit, text: searched, all: found.hits }, apart)}
                      />
                    </div>
                  );
                const { conversation } = row;
                const { id } = conversation;
                return (
                  <div
                    key={keyOf(index)}
                    className={cx(
                      styles.row,
                      id === current && styles.current,
                      chosen.has(id) && styles.chosenRow,
                    )}
                    style={place}
                  >
                    {renaming === id ? (
                      <Rename conversation={conversation} onDone={() => setRenaming(null)} />
                    ) : (
                      <Entry
                        conversation={conversation}
                        current={id === current}
                        chosen={chosen.size > 0 ? chosen.has(id) : null}
                        meant={chosen.has(id) ? chosenIds : [id]}
                        onOpen={(which, apart) => {
                          setSelection(nothingChosen);
                          onOpen(which, apart);
                        }}
                        onChoose={(how) => choose(how, id)}
                        onRename={() => setRenaming(id)}
                        onExport={onExport}
                        onGone={onGone}
                        onDone={clear}
                      />
                    )}
                  </div>
                );
              })}
            </div>
            {conversations.length === 0 && found.hits.length === 0 && !found.pending && (
              <Nothing searched={searched} narrowed={isNarrowed(view)} onNew={onNew} />
            )}
            {searched && found.error !== null && (
              <ErrorState title="The search failed" why={reason(found.error)} onRetry={found.again} />
            )}
          </>
        )}
      </div>
      {chosenOnes.length > 0 && (
        <Suspense>
          <SelectionBar chosen={chosenOnes} onExport={onExport} onGone={onGone} onClear={clear} />
        </Suspense>
      )}
      {filing && (
        <Suspense>
          <FilingDialogs />
        </Suspense>
      )}
    </nav>
  );
}

function keyOfRow(row: Row | undefined): string {
  if (!row) return "";
  if ("section" in row) return `section ${row.section}`;
  if ("folder" in row) return `folder ${row.folder.id}`;
  return "hit" in row ? `hit ${row.hit.message}` : row.conversation.id;
}

function Nothing({ searched, narrowed, onNew }: { searched: string; narrowed: boolean; onNew: () => void }) {
  if (narrowed)
    return (
      <div className={styles.empty}>
        <p>{searched ? `Nothing here has “${searched}”.` : "No conversation fits these filters."}</p>
        <Button small onClick={showAll}>
          Show everything
        </Button>
      </div>
    );
  if (searched)
    return <p className={styles.empty}>Nothing is called “{searched}”, and nobody has said it.</p>;
  return (
    <div className={styles.empty}>
      <p>No conversations yet. They appear here as soon as you ask something.</p>
      <Button small onClick={onNew}>
        New conversation
      </Button>
    </div>
  );
}

function Head({
  row: { section, count, folded, more },
  place,
  drop,
  over,
  onFold,
}: {
  row: Extract<Row, { section: string }>;
  place: CSSProperties;
  drop?: ReturnType<typeof dropInto>;
  over?: boolean;
  onFold?: () => void;
}) {
  const words = (
    <>
      {section}
      <span className={styles.sectionCount}>
        {count.toLocaleString("en-US")}
        {more && "+"}
      </span>
    </>
  );
  return (
    <h2 className={cx(styles.section, over && styles.over)} style={place} {...drop}>
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
