import { useVirtualizer } from "@tanstack/react-virtual";
import { Star } from "lucide-react";
import { useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { Select } from "@/components/Select";
import { SearchField } from "@/components/SearchField";
import { cx } from "@/lib/classes";
import type { ProviderStatus, Target } from "@/ipc";
import { ModelRow } from "./ModelRow";
import { marks, noFilter, rowsOf, type Entry, type Filter, type Mark } from "./models";
import { toggleFavourite, useComposerPreferences } from "./preferences";
import styles from "./TargetPicker.module.css";

type Props = {
  entries: readonly Entry[];
  providers: readonly ProviderStatus[];
  chosen: ReadonlySet<Target>;
  /** No further one may be chosen. */
  full: boolean;
  onPick: (target: Target) => void;
  /** The way out of what cannot be asked. */
  onProvider: (provider: string) => void;
  nothing: (query: string) => ReactNode;
};

const ROW_PX = 28;
const MOST_ROWS = 12;

/** All models under a search box. The focus stays in the box; arrows move the mark, Enter picks, Alt+S stars. */
export function ModelList({ entries, providers, chosen, full, onPick, onProvider, nothing }: Props) {
  const id = useId();
  const [query, setQuery] = useState("");
  const [filter, setFilter] = useState<Filter>(noFilter);
  const [marked, setMarked] = useState<string | null>(null);
  const favourites = useComposerPreferences((s) => s.favourites);
  // What was asked last stays where it is while the list is open.
  const [recent] = useState(() => useComposerPreferences.getState().recent);
  const scroller = useRef<HTMLDivElement>(null);

  const rows = useMemo(
    () => rowsOf(entries, query, filter, favourites, recent),
    [entries, query, filter, favourites, recent],
  );
  const typed = query.trim();
  const asTyped =
    /^[a-z0-9][a-z0-9-]*\/[^\s]/.test(typed) && !entries.some(({ model }) => model.target === typed)
      ? typed
      : null;
  const picks = useMemo(
    () => [
      ...rows.flatMap((row, at) => ("entry" in row ? [{ key: row.key, at, entry: row.entry }] : [])),
      ...(asTyped ? [{ key: "typed", at: rows.length, entry: null }] : []),
    ],
    [rows, asTyped],
  );
  const current =
    picks.find(({ key }) => key === marked) ?? picks.find(({ entry }) => entry && !entry.blocked) ?? picks[0];
  const shown = rows.length + (asTyped ? 1 : 0);
  const virtual = useVirtualizer({
    count: shown,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
    initialRect: { width: 400, height: ROW_PX * MOST_ROWS },
  });

  const change = (now: Partial<Filter>) => {
    setFilter((filter) => ({ ...filter, ...now }));
    setMarked(null);
    scroller.current?.scrollTo({ top: 0 });
  };
  const toggle = (mark: Mark) => {
    const now = new Set(filter.marks);
    if (!now.delete(mark)) now.add(mark);
    change({ marks: now });
  };
  const pick = (entry: Entry | null) => {
    if (!entry) {
      if (typed && (!full || chosen.has(typed))) onPick(typed);
    } else if (entry.blocked) onProvider(entry.model.target.split("/")[0] ?? "");
    else if (!full || chosen.has(entry.model.target)) onPick(entry.model.target);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = current ? picks.indexOf(current) : -1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const next = picks[Math.max(0, Math.min(picks.length - 1, to))];
      if (!next) return;
      setMarked(next.key);
      virtual.scrollToIndex(Math.max(0, next.at - (next.at === 1 ? 1 : 0)));
    } else if (event.key === "Enter" && current && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      pick(current.entry);
    } else if (event.altKey && event.code === "KeyS" && current?.entry) {
      event.preventDefault();
      toggleFavourite(current.entry.model.target);
    }
  };
  const rowId = (key: string) => `${id}-${key.replaceAll(/\s/g, "_")}`;

  return (
    <div className={styles.list}>
      <SearchField
        line
        label="Search models"
        list={{ id: `${id}-list`, marked: current ? rowId(current.key) : undefined }}
        aria-describedby={`${id}-keys`}
        placeholder={`Search ${entries.length} models`}
        value={query}
        autoFocus
        onChange={(event) => {
          setQuery(event.target.value);
          setMarked(null);
          scroller.current?.scrollTo({ top: 0 });
        }}
        onKeyDown={onKeyDown}
      />
      <span id={`${id}-keys`} className="srOnly">
        Alt S makes the marked model a favourite
      </span>
      <div className={styles.filters} role="group" aria-label="Show only">
        <Select
          label="Only of provider"
          small
          className={styles.provider}
          value={filter.provider ?? ""}
          options={[
            { value: "", label: "All providers" },
            ...providers
              .filter(({ id }) => entries.some(({ model }) => model.target.startsWith(`${id}/`)))
              .map(({ id, name }) => ({ value: id, label: name })),
          ]}
          onChange={(provider) => change({ provider: provider || null })}
        />
        {marks.map(({ mark, label }) => (
          <button
            key={mark}
            type="button"
            className={styles.filter}
            aria-pressed={filter.marks.has(mark)}
            onClick={() => toggle(mark)}
          >
            {label}
          </button>
        ))}
      </div>
      {shown === 0 && (
        <div className={styles.nothing} role="status">
          {nothing(query)}
        </div>
      )}
      <div
        className={styles.scroller}
        ref={scroller}
        role="listbox"
        id={`${id}-list`}
        aria-label="Search models"
        aria-multiselectable="true"
        style={{ height: shown === 0 ? 0 : Math.min(MOST_ROWS, shown) * ROW_PX + 8 }}
      >
        <div className={styles.rows} role="presentation" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            const place = { transform: `translateY(${start}px)` };
            if (row && "heading" in row)
              return (
                <div key={row.heading} className={styles.heading} style={place} role="presentation">
                  {row.heading === "Favourites" && <Star size={12} />}
                  {row.heading}
                </div>
              );
            const key = row ? row.key : "typed";
            const entry = row ? row.entry : null;
            const target = entry?.model.target ?? typed;
            const stopped = (full && !chosen.has(target)) || entry?.blocked != null;
            return (
              <div
                key={key}
                id={rowId(key)}
                role="option"
                aria-selected={chosen.has(target)}
                aria-disabled={stopped || undefined}
                className={cx(styles.option, current?.key === key && styles.current)}
                style={place}
                onPointerMove={() => marked === key || setMarked(key)}
                onClick={() => pick(entry)}
              >
                {entry ? (
                  <ModelRow
                    entry={entry}
                    chosen={chosen.has(target)}
                    favourite={favourites.includes(target)}
                    onStar={() => toggleFavourite(target)}
                  />
                ) : (
                  <>
                    <span className={styles.tick} />
                    <bdi className={styles.name}>{typed}</bdi>
                    <span className={styles.fact}>as typed</span>
                  </>
                )}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
