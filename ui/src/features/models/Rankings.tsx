import { useVirtualizer } from "@tanstack/react-virtual";
import { Trophy } from "lucide-react";
import { useRef, type KeyboardEvent } from "react";
import { Button } from "@/components/Button";
import { Segments } from "@/components/Segments";
import { labelOf } from "@/components/decision";
import { Select } from "@/components/Select";
import { EmptyState, ErrorState, Skeleton } from "@/components/States";
import { reason, type PromptClass, type RankBy, type RankedModel } from "@/ipc";
import { cx } from "@/lib/classes";
import { useRankings } from "./api";
import pages from "./Pages.module.css";
import styles from "./Rankings.module.css";
import { openModel, useView } from "./view";
import { Dot, hueKey, ModelName, perMillion, tokens } from "./words";

const ROW_PX = 28;

const profiles: readonly { value: RankBy; label: string; says: string }[] = [
  { value: "quality", label: "Quality", says: "the best answers, as leaderboards measured them" },
  { value: "balanced", label: "Balanced", says: "as good as a usual prompt needs, at a price that fits" },
  { value: "speed", label: "Speed", says: "how soon a whole answer was there, as measured here" },
  { value: "budget", label: "Budget", says: "the cheapest that will do" },
  { value: "long-context", label: "Long context", says: "room for much text" },
];
const classes: readonly PromptClass[] = [
  "other",
  "code",
  "writing",
  "analysis",
  "maths",
  "extraction",
  "translation",
  "chat",
];
const told = ({ name, value, weight }: RankedModel["parts"][number]) =>
  `${labelOf(name)} ${(value ?? 0).toFixed(2)} × ${(weight ?? 0).toFixed(2)}`;

/** Models by rank, and what each score is made of. */
export function Rankings() {
  const { by, class: of, readyOnly, open } = useView();
  const { data, error, refetch, isPlaceholderData } = useRankings(by, of);
  const shown = data?.filter(({ ready }) => ready || !readyOnly);
  const profile = profiles.find(({ value }) => value === by);
  return (
    <>
      <header className={pages.bar}>
        <Segments
          label="Ranked by"
          value={by}
          options={profiles.map(({ value, label }) => ({ value, label }))}
          onChange={(by) => useView.setState({ by })}
        />
        <Select<PromptClass>
          small
          className={styles.class}
          label="For prompts of the class"
          value={of}
          options={classes.map((value) => ({ value, label: value === "other" ? "any prompt" : value }))}
          onChange={(of) => useView.setState({ class: of })}
        />
        <span className={pages.hint}>{profile?.says}</span>
        <span className={pages.space} />
        <Button
          small
          kind="ghost"
          aria-pressed={readyOnly}
          onClick={() => useView.setState({ readyOnly: !readyOnly })}
        >
          {readyOnly ? "Show all" : "Only ready now"}
        </Button>
      </header>
      <div className={styles.body} data-stale={isPlaceholderData || undefined}>
        {error && !data ? (
          <ErrorState
            title="The models cannot be ranked"
            why={reason(error)}
            onRetry={() => void refetch()}
          />
        ) : !shown ? (
          <Skeleton rows={16} label="Ranking the models" />
        ) : shown.length === 0 ? (
          <EmptyState
            icon={<Trophy size={20} />}
            title={by === "speed" ? "Nothing measured yet" : "None to be ranked"}
            action={
              readyOnly && <Button onClick={() => useView.setState({ readyOnly: false })}>Show all</Button>
            }
          >
            {by === "speed"
              ? "How soon answers are there is measured on this machine: ask some models, and they stand here."
              : "None of the models that can be asked now has the figures that this profile looks at."}
          </EmptyState>
        ) : (
          <Ranked key={`${by} ${of}`} ranked={shown} open={open} />
        )}
      </div>
    </>
  );
}

function Ranked({ ranked, open }: { ranked: readonly RankedModel[]; open: string | null }) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: ranked.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    paddingStart: ROW_PX,
    scrollPaddingStart: ROW_PX,
  });
  const at = ranked.findIndex(({ model }) => model === open);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = {
      ArrowDown: at + 1,
      ArrowUp: Math.max(0, at - 1),
      PageDown: at + 12,
      PageUp: at - 12,
      Home: 0,
      End: ranked.length - 1,
    }[event.key];
    const next = to === undefined ? undefined : Math.min(ranked.length - 1, Math.max(0, to));
    const model = next === undefined ? undefined : ranked[next];
    if (!model || next === undefined) return;
    openModel(model.model);
    setTimeout(() => rows.scrollToIndex(next), 60);
    event.preventDefault();
  };
  // Votes come on top; the shares of all others are the same for every model.
  const parts = (ranked[0]?.parts ?? []).filter(({ name }) => name !== "preference");
  const all = parts.reduce((sum, { weight }) => sum + (weight ?? 0), 0) || 1;
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      role="grid"
      aria-label="Ranking"
      aria-rowcount={ranked.length + 1}
      aria-activedescendant={at >= 0 ? `ranked-${at}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className={cx(styles.row, styles.head)} role="row" aria-rowindex={1}>
        <span role="columnheader" data-right>
          #
        </span>
        <span role="columnheader">Model</span>
        <span role="columnheader">Score</span>
        <span role="columnheader" data-c="parts">
          <span className={styles.legend}>
            {parts.map(({ name, weight }) => (
              <span key={name}>
                <i data-part={name} aria-hidden="true" />
                {labelOf(name)} {Math.round(((weight ?? 0) / all) * 100)} %
              </span>
            ))}
          </span>
        </span>
        <span role="columnheader" data-right data-c="context">
          Context
        </span>
        <span role="columnheader" data-right>
          Input
        </span>
        <span role="columnheader" data-right>
          Output
        </span>
        <span role="columnheader" data-c="from">
          Cheapest at
        </span>
      </div>
      <div className={styles.rows} role="rowgroup" style={{ height: rows.getTotalSize() - ROW_PX }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const one = ranked[index];
          return one ? (
            <Row key={one.model} one={one} index={index} top={start - ROW_PX} open={index === at} />
          ) : null;
        })}
      </div>
    </div>
  );
}

function Row({ one, index, top, open }: { one: RankedModel; index: number; top: number; open: boolean }) {
  const made = one.parts.map(told).join(" + ");
  return (
    <div
      id={`ranked-${index}`}
      className={cx(styles.row, open && styles.open)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={open}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => openModel(one.model)}
    >
      <span role="gridcell" data-right>
        {one.rank}
      </span>
      <span role="gridcell" data-c="model" title={one.target ?? one.model}>
        <Dot of={hueKey(one)} />
        <ModelName model={one.model} />
        {one.ready && <span className={styles.ready}>ready</span>}
      </span>
      <span role="gridcell" data-c="score">
        {one.score?.toFixed(3)}
      </span>
      <span role="gridcell" data-c="parts" title={made}>
        <span className={styles.parts} role="img" aria-label={made}>
          {one.parts.map(({ name, value, weight }) => (
            <i
              key={name}
              data-part={name}
              style={{ width: `${Math.max(0, (value ?? 0) * (weight ?? 0)) * 100}%` }}
            />
          ))}
        </span>
      </span>
      <span role="gridcell" data-right data-c="context">
        {tokens(one.contextWindow)}
      </span>
      <span role="gridcell" data-right>
        {perMillion(one.prices.input, one.local)}
      </span>
      <span role="gridcell" data-right>
        {perMillion(one.prices.output, one.local)}
      </span>
      <span role="gridcell" data-c="from">
        {one.provider}
      </span>
    </div>
  );
}
