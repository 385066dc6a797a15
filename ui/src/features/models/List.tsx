import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, Check } from "lucide-react";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import type { CatalogEntry, CatalogSort } from "@/ipc";
import { cx } from "@/lib/classes";
import styles from "./List.module.css";
import { Abilities, Bar, cachedPrice, Dot, hueKey, Name, perMillion, qualityText, tokens } from "./words";

const ROW_PX = 28;

const heads: readonly { name: string; title: string; sort?: CatalogSort; right?: boolean }[] = [
  { name: "model", title: "Model", sort: "name" },
  { name: "context", title: "Context", sort: "context", right: true },
  { name: "input", title: "Input", sort: "input", right: true },
  { name: "output", title: "Output", sort: "output", right: true },
  { name: "cached", title: "Cached", sort: "cached", right: true },
  { name: "quality", title: "Quality", sort: "quality" },
  { name: "can", title: "Can do" },
];

type Props = {
  models: readonly CatalogEntry[];
  sort: CatalogSort;
  descending: boolean;
  onSort: (sort: CatalogSort) => void;
  /** Canonical ids of those that are compared. */
  chosen: readonly string[];
  onChoose: (model: string) => void;
  /** Whose details are shown. */
  open: string | null;
  onOpen: (model: string) => void;
};

export const rowKey = ({ provider, id }: Pick<CatalogEntry, "provider" | "id">) => `${provider}/${id}`;

/** Models as rows, of which only those in sight are drawn. Arrows move a mark, Space compares, Enter opens. */
export function List({ models, sort, descending, onSort, chosen, onChoose, open, onOpen }: Props) {
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [mark, setMark] = useState<string | null>(null);
  const rows = useVirtualizer({
    count: models.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (i) => (models[i] ? rowKey(models[i]) : i),
    overscan: 12,
    paddingStart: ROW_PX,
    scrollPaddingStart: ROW_PX,
  });
  // Another order begins at its beginning.
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [sort, descending]);

  const at = mark === null ? -1 : models.findIndex((model) => rowKey(model) === mark);
  const latest = useRef(at);
  useEffect(() => {
    latest.current = at;
  });
  // What is opened stays in sight when the pane below takes its room.
  const pane = open !== null || chosen.length > 0;
  useEffect(() => {
    if (!pane) return;
    const timer = setTimeout(() => {
      if (latest.current >= 0) rows.scrollToIndex(latest.current);
    }, 60);
    return () => clearTimeout(timer);
  }, [pane, rows]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const screen = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PX) - 2);
    const to = {
      ArrowDown: at + 1,
      ArrowUp: Math.max(0, at - 1),
      PageDown: at + screen,
      PageUp: at - screen,
      Home: 0,
      End: models.length - 1,
    }[event.key];
    const marked = models[at];
    if (to !== undefined) {
      const next = Math.min(models.length - 1, Math.max(0, to));
      const model = models[next];
      if (!model) return;
      setMark(rowKey(model));
      rows.scrollToIndex(next);
      if (open !== null) onOpen(model.model);
    } else if (event.key === "Enter" && marked) onOpen(marked.model);
    else if (event.key === " " && marked) onChoose(marked.model);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      role="grid"
      aria-label="Models"
      aria-multiselectable
      aria-rowcount={models.length + 1}
      aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className={cx(styles.row, styles.head)} role="row" aria-rowindex={1}>
        <span role="columnheader" data-c="tick">
          <span className="srOnly">Compared</span>
        </span>
        {heads.map(({ name, title, sort: by, right }) => (
          <span
            key={name}
            role="columnheader"
            data-c={name}
            data-right={right}
            aria-sort={by === undefined || by !== sort ? undefined : descending ? "descending" : "ascending"}
          >
            {by === undefined ? (
              title
            ) : (
              <button type="button" data-sorted={by === sort || undefined} onClick={() => onSort(by)}>
                {title}
                {by === sort && (descending ? <ArrowDown size={12} /> : <ArrowUp size={12} />)}
              </button>
            )}
          </span>
        ))}
      </div>
      <div className={styles.rows} role="rowgroup" style={{ height: rows.getTotalSize() - ROW_PX }}>
        {rows.getVirtualItems().map(({ index, key, start }) => {
          const model = models[index];
          return model ? (
            <Row
              key={key}
              id={`${id}-${index}`}
              model={model}
              index={index}
              top={start - ROW_PX}
              chosen={chosen.includes(model.model)}
              open={model.model === open}
              marked={index === at}
              onMark={() => setMark(rowKey(model))}
              onChoose={onChoose}
              onOpen={onOpen}
            />
          ) : null;
        })}
      </div>
    </div>
  );
}

function Row({
  id,
  model,
  index,
  top,
  chosen,
  open,
  marked,
  onMark,
  onChoose,
  onOpen,
}: {
  id: string;
  model: CatalogEntry;
  index: number;
  top: number;
  chosen: boolean;
  open: boolean;
  marked: boolean;
  onMark: () => void;
  onChoose: (model: string) => void;
  onOpen: (model: string) => void;
}) {
  const { prices, local } = model;
  const figures = [
    ["input", prices.input],
    ["output", prices.output],
    ["cached", cachedPrice(prices)],
  ] as const;
  return (
    <div
      id={id}
      className={cx(styles.row, chosen && styles.chosen, marked && styles.marked, open && styles.open)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={chosen}
      aria-current={open || undefined}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => {
        onMark();
        onOpen(model.model);
      }}
    >
      {/* For the mouse; the keyboard has Space. */}
      <span
        role="gridcell"
        data-c="tick"
        title={chosen ? "Compare no longer (Space)" : "Compare (Space)"}
        onClick={(event) => {
          event.stopPropagation();
          onMark();
          onChoose(model.model);
        }}
      >
        <i className={styles.box}>{chosen && <Check size={12} strokeWidth={3} />}</i>
        <span className="srOnly">{chosen ? "compared" : "not compared"}</span>
      </span>
      <span role="gridcell" data-c="model" title={model.target ?? `${model.provider}/${model.id}`}>
        <Dot of={hueKey(model)} now={chosen} />
        <Name provider={model.provider} id={model.id} />
        {model.own && <em className={styles.own}>yours</em>}
        {model.ready && <span className="srOnly">, ready now</span>}
      </span>
      <span
        role="gridcell"
        data-c="context"
        data-right
        data-unknown={model.contextWindow === null || undefined}
      >
        {tokens(model.contextWindow)}
      </span>
      {figures.map(([name, price]) => (
        <span key={name} role="gridcell" data-c={name} data-right data-unknown={price === null || undefined}>
          {perMillion(price, local)}
        </span>
      ))}
      <span
        role="gridcell"
        data-c="quality"
        data-unknown={model.quality === null || undefined}
        title={
          model.qualityOf === null ? undefined : `as good as ${model.qualityOf} or better, which was measured`
        }
      >
        {model.quality !== null && <Bar value={model.quality} />}
        {qualityText(model)}
      </span>
      <span role="gridcell" data-c="can">
        <Abilities can={model.capabilities} />
      </span>
    </div>
  );
}
