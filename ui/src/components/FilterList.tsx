import { useVirtualizer } from "@tanstack/react-virtual";
import { useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { cx } from "@/lib/classes";
import styles from "./FilterList.module.css";
import { SearchField } from "./SearchField";

export type Choice = {
  id: string;
  group: string;
  /** What the search looks at. */
  text: string;
  content: ReactNode;
  selected?: boolean;
  /** Cannot be picked; `content` says why. */
  disabled?: boolean;
};

type Props = {
  /** Name of the search box. */
  label: string;
  placeholder: string;
  /** What fits what was typed, each group together. */
  find: (query: string) => readonly Choice[];
  /** `apart`: Ctrl or ⌘ was held. */
  onPick: (choice: Choice, apart: boolean) => void;
  rowPx?: number;
  nothing: (query: string) => ReactNode;
};

type Row = { group: string } | { choice: Choice };

const ROW_PX = 28;
const MOST_PX = 420;

/** A search box over a list. The focus stays in the box; arrows move the mark, Enter picks. */
export function FilterList({ label, placeholder, find, onPick, nothing, rowPx = ROW_PX }: Props) {
  const id = useId();
  const [query, setQuery] = useState("");
  const [marked, setMarked] = useState<string | null>(null);
  const scroller = useRef<HTMLDivElement>(null);

  const found = useMemo(() => find(query.trim()), [find, query]);
  const rows = useMemo(() => {
    const all: Row[] = [];
    let group = "";
    for (const choice of found) {
      if (choice.group !== group) all.push({ group: (group = choice.group) });
      all.push({ choice });
    }
    return all;
  }, [found]);

  const pickable = found.filter((choice) => !choice.disabled);
  const current =
    pickable.find((choice) => choice.id === marked) ??
    pickable.find((choice) => choice.id === query.trim()) ??
    pickable[0];
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 8,
    initialRect: { width: 400, height: MOST_PX },
  });

  const mark = (choice: Choice | undefined) => {
    if (!choice) return;
    setMarked(choice.id);
    virtual.scrollToIndex(rows.findIndex((row) => "choice" in row && row.choice.id === choice.id));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = current ? pickable.indexOf(current) : -1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      mark(pickable[Math.max(0, Math.min(pickable.length - 1, to))]);
    } else if (event.key === "Enter" && current) {
      event.preventDefault();
      onPick(current, event.ctrlKey || event.metaKey);
    }
  };

  return (
    <div className={styles.list}>
      <SearchField
        line
        label={label}
        list={{ id: `${id}-list`, marked: current ? `${id}-${current.id}` : undefined }}
        placeholder={placeholder}
        value={query}
        autoFocus
        onChange={(event) => {
          setQuery(event.target.value);
          setMarked(null);
        }}
        onKeyDown={onKeyDown}
      />
      {rows.length === 0 && (
        <div className={styles.nothing} role="status">
          {nothing(query)}
        </div>
      )}
      <div
        className={styles.scroller}
        ref={scroller}
        role="listbox"
        id={`${id}-list`}
        aria-label={label}
        style={{ height: rows.length === 0 ? 0 : Math.min(MOST_PX, rows.length * rowPx + 8) }}
      >
        <div className={styles.rows} role="presentation" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            const place = { transform: `translateY(${start}px)`, height: rowPx };
            if ("group" in row)
              return (
                <div key={`group ${row.group}`} className={styles.group} style={place} role="presentation">
                  {row.group}
                </div>
              );
            const { choice } = row;
            return (
              <div
                key={choice.id}
                id={`${id}-${choice.id}`}
                role="option"
                aria-selected={choice.selected ?? choice === current}
                aria-disabled={choice.disabled || undefined}
                className={cx(styles.option, choice === current && styles.current)}
                style={place}
                onPointerMove={() => choice.disabled || marked === choice.id || setMarked(choice.id)}
                onClick={(event) => choice.disabled || onPick(choice, event.ctrlKey || event.metaKey)}
              >
                {choice.content}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
