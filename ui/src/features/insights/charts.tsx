/** The charts of the reports: each over one answer of the engine. */
import { BudgetList, budgetName } from "@/components/budgets";
import { Bars } from "@/components/charts/Bars";
import { Lines } from "@/components/charts/Lines";
import { Meters } from "@/components/charts/Meters";
import { Panel } from "@/components/charts/Panel";
import { slotsOf, stepName } from "@/components/charts/scale";
import type {
  FolderId,
  InsightBasis,
  OwnedBudget,
  Percentiles,
  RequestLine,
  RequestSeries,
  RequestSum,
  SavingKind,
  SavingsReport,
  SpendSeries,
} from "@/ipc";
import { count, firstToken, usd } from "@/lib/figures";
import type { Calls } from "./calls";
import { bases } from "./view";
import {
  called,
  colourOf,
  dollars,
  parts,
  plural,
  saved,
  shortNumber,
  signed,
  spent,
  valuesOf,
  type Part,
} from "./words";
import styles from "./Insights.module.css";

type Lead = (calls: Calls) => void;
type SpendProps = { spend: SpendSeries; by: InsightBasis; open: boolean; onCalls: Lead; height?: number };

const basisName = (by: InsightBasis) => bases.find(({ value }) => value === by)?.label.toLowerCase() ?? "";
const seconds = (ms: number) => `${Number((ms / 1000).toPrecision(3))}\u00a0s`;

/** Money over time, stacked by line. What is of unknown price is counted beside it, not in it. */
export function CostPanel({ spend, by, open, onCalls, height }: SpendProps) {
  const slots = slotsOf(spend.span);
  const all = parts(spend, by);
  const series = all.map((part) => ({
    ...part,
    values: valuesOf(part, slots.length, (line, slot) => Number(line.cost[slot])),
  }));
  const unpriced = (slot: number) =>
    all.reduce((sum, part) => sum + part.lines.reduce((n, line) => n + (line.unpriced[slot] ?? 0), 0), 0);
  return (
    <Panel
      title={`Cost by ${stepName[spend.span.step]}`}
      about={`dollars, by ${basisName(by)}`}
      file="cost"
      figures={() => table(slots, series, ["calls of unknown price", unpriced])}
    >
      {Number(spend.total.cost) === 0 ? (
        <p className={styles.quiet} style={{ minHeight: height ?? 240 }}>
          {spend.total.unpriced > 0
            ? "No price is known of any of these models: set prices in config.toml to see what they cost."
            : "Nothing was spent in this time."}
        </p>
      ) : (
        <Bars
          label={`Cost by ${stepName[spend.span.step]}`}
          slots={slots}
          series={series}
          write={dollars}
          more={(slot) =>
            unpriced(slot) > 0
              ? [{ name: "of unknown price", value: plural(unpriced(slot), "call"), colour: "transparent" }]
              : []
          }
          open={open}
          height={height ?? 240}
          onPick={(slot) => onCalls({ slot: slots[slot] })}
        />
      )}
    </Panel>
  );
}

const TOKENS = [
  ["input", "input"],
  ["cached input", "cachedRead"],
  ["written to a cache", "cachedWrite"],
  ["output", "output"],
  ["reasoning", "reasoning"],
] as const;

/** Tokens of each kind. */
export function TokensPanel({ spend }: { spend: SpendSeries }) {
  const kinds = TOKENS.map(([name, kind]) => ({ name, tokens: spend.total[kind] })).filter(
    ({ name, tokens }) => tokens > 0 || name !== "written to a cache",
  );
  const most = Math.max(1, ...kinds.map(({ tokens }) => tokens));
  return (
    <Panel
      title="Tokens"
      about="by kind"
      file="tokens"
      figures={() => ({ head: ["kind", "tokens"], rows: kinds.map(({ name, tokens }) => [name, tokens]) })}
    >
      <Meters
        label="Tokens by kind"
        meters={kinds.map(({ name, tokens }) => ({
          id: name,
          name,
          share: tokens / most,
          value: shortNumber(tokens),
          title: `${count(tokens)} tokens`,
          colour: "var(--fg-2)",
        }))}
      />
    </Panel>
  );
}

/** Tokens over time. */
export function TokensOverTime({ spend, by, open, onCalls }: SpendProps) {
  const slots = slotsOf(spend.span);
  const series = parts(spend, by).map((part) => ({
    ...part,
    values: valuesOf(part, slots.length, (line, slot) => line.tokens[slot] ?? 0),
  }));
  return (
    <Panel
      title={`Tokens by ${stepName[spend.span.step]}`}
      about={`all kinds, by ${basisName(by)}`}
      file="tokens-over-time"
      figures={() => table(slots, series)}
    >
      <Bars
        label={`Tokens by ${stepName[spend.span.step]}`}
        slots={slots}
        series={series}
        write={shortNumber}
        open={open}
        height={200}
        onPick={(slot) => onCalls({ slot: slots[slot] })}
      />
    </Panel>
  );
}

type Of = "ttft" | "duration";
const OF = { ttft: "Time to the first token", duration: "Time to the last token" } as const;

/** Percentiles over time. */
export function LatencyPanel({
  requests,
  of,
  onCalls,
  height,
}: {
  requests: RequestSeries;
  of: Of;
  onCalls: Lead;
  height?: number;
}) {
  const slots = slotsOf(requests.span);
  const all = requests[of];
  const values = (name: "p50" | "p95" | "p99") => all.map((at) => at?.[name] ?? null);
  const lines = [
    { name: "p99", colour: "var(--fg-2)", dashed: true, values: values("p99") },
    { name: "p95", colour: "var(--accent)", values: values("p95") },
    { name: "p50", colour: "var(--fg-0)", values: values("p50") },
  ];
  return (
    <Panel
      title={OF[of]}
      about={`seconds, by ${stepName[requests.span.step]}`}
      file={of}
      figures={() => ({
        head: ["from", "answers", "p50 ms", "p95 ms", "p99 ms"],
        rows: slots.flatMap(({ from }, i) => {
          const at = all[i];
          return at ? [[from, at.calls, at.p50, at.p95, at.p99]] : [];
        }),
      })}
    >
      {all.every((at) => at === null) ? (
        <p className={styles.quiet} style={{ minHeight: height ?? 220 }}>
          No answer of this time is kept.
        </p>
      ) : (
        <Lines
          label={OF[of]}
          slots={slots}
          lines={lines}
          write={seconds}
          exact={firstToken}
          height={height ?? 220}
          onPick={(slot) => onCalls({ slot: slots[slot] })}
        />
      )}
    </Panel>
  );
}

const MANY = 12;

/** Percentiles of each line, side by side from zero. */
export function LatencyLines({
  requests,
  of,
  by,
  most = MANY,
  onCalls,
}: {
  requests: RequestSeries;
  of: Of;
  by: InsightBasis;
  most?: number;
  onCalls: Lead;
}) {
  const lines = requests.lines
    .map((line, place) => ({ line, at: line[of], colour: colourOf(by, line, place) }))
    .filter((each): each is { line: RequestLine; at: Percentiles; colour: string } => each.at !== null);
  const shown = lines.slice(0, most).sort((a, b) => a.at.p50 - b.at.p50);
  const top = Math.max(1, ...shown.map(({ at }) => at.p99));
  return (
    <Panel
      title={`${of === "ttft" ? "First token" : "Last token"} by ${basisName(by)}`}
      about="p50 to p95, tick p99"
      file={`${of}-by-${by}`}
      figures={() => ({
        head: [basisName(by), "answers", "p50 ms", "p95 ms", "p99 ms"],
        rows: lines.map(({ line, at }) => [called(by, line), at.calls, at.p50, at.p95, at.p99]),
      })}
    >
      {shown.length === 0 && <p className={styles.quiet}>No answer of this time is kept.</p>}
      <Meters
        label={`${OF[of]} by ${basisName(by)}`}
        meters={shown.map(({ line, at, colour }) => ({
          id: line.id,
          name: called(by, line),
          dot: colour,
          from: at.p50 / top,
          share: at.p95 / top,
          tick: at.p99 / top,
          value: firstToken(at.p50),
          title: `${line.name}: p50 ${firstToken(at.p50)}, p95 ${firstToken(at.p95)}, p99 ${firstToken(at.p99)}, of ${plural(at.calls, "answer")}`,
          colour,
          onPick: by === "folder" ? undefined : () => onCalls({ line }),
        }))}
      />
    </Panel>
  );
}

const PASSES = new Set(["rate_limited", "overloaded", "timeout", "network", "upstream"]);

/** Failed requests by kind. Amber: it passes, or a later try helps. Red: it does not pass by itself. */
export function ErrorsPanel({ requests, onCalls }: { requests: RequestSeries; onCalls: Lead }) {
  const { errors, total } = requests;
  const most = Math.max(1, ...errors.map((one) => one.requests));
  return (
    <Panel
      title="Errors by kind"
      about={`${count(total.failed)} of ${plural(total.asked, "request")}`}
      file="errors"
      figures={() => ({ head: ["kind", "requests"], rows: errors.map((one) => [one.kind, one.requests]) })}
    >
      {errors.length === 0 ? (
        <p className={styles.quiet}>Nothing failed in this time.</p>
      ) : (
        <Meters
          label="Errors by kind"
          meters={errors.map((one) => ({
            id: one.kind,
            name: one.kind,
            share: one.requests / most,
            value: count(one.requests),
            title: PASSES.has(one.kind) ? "Passes, or another try helps" : "Does not pass by itself",
            colour: PASSES.has(one.kind) ? "var(--warn)" : "var(--danger)",
            onPick: () => onCalls({ error: one.kind }),
          }))}
        />
      )}
    </Panel>
  );
}

const ENDS: readonly { id: "answered" | "stopped" | "failed"; name: string; colour: string }[] = [
  { id: "answered", name: "answered", colour: "var(--accent)" },
  { id: "stopped", name: "stopped", colour: "var(--fg-2)" },
  { id: "failed", name: "failed", colour: "var(--danger)" },
];

/** How requests ended, over time. */
export function RequestsPanel({
  requests,
  open,
  onCalls,
}: {
  requests: RequestSeries;
  open: boolean;
  onCalls: Lead;
}) {
  const slots = slotsOf(requests.span);
  const series = ENDS.map((end) => ({ ...end, values: requests.slots.map((sum) => sum[end.id]) }));
  return (
    <Panel
      title={`Requests by ${stepName[requests.span.step]}`}
      about="by how they ended"
      file="requests"
      figures={() => ({
        head: ["from", "asked", "answered", "failed", "stopped", "tried again", "fell back"],
        rows: slots.map(({ from }, i) => {
          const sum = requests.slots[i];
          return sum
            ? [from, sum.asked, sum.answered, sum.failed, sum.stopped, sum.triedAgain, sum.fellBack]
            : [from, null, null, null, null, null, null];
        }),
      })}
    >
      <Bars
        label={`Requests by ${stepName[requests.span.step]}`}
        slots={slots}
        series={series}
        write={count}
        open={open}
        height={220}
        onPick={(slot) => onCalls({ slot: slots[slot] })}
      />
    </Panel>
  );
}

const AGAIN: readonly {
  id: "triedAgain" | "fellBack" | "promptCached" | "fromCache";
  name: string;
  colour: string;
}[] = [
  { id: "fellBack", name: "fell back to another", colour: "var(--warn)" },
  { id: "triedAgain", name: "took several calls", colour: "var(--fg-2)" },
  { id: "promptCached", name: "prompt from a cache", colour: "var(--accent)" },
  { id: "fromCache", name: "answer from our cache", colour: "var(--ok)" },
];

/** Requests that some part of came otherwise: of a cache, or by another way. */
export function SharesPanel({
  requests,
  kinds,
  title,
  onCalls,
}: {
  requests: RequestSeries;
  kinds: readonly (keyof RequestSum)[];
  title: string;
  onCalls: Lead;
}) {
  const slots = slotsOf(requests.span);
  const shown = AGAIN.filter(({ id }) => kinds.includes(id));
  return (
    <Panel
      title={title}
      about={`requests, by ${stepName[requests.span.step]}; some are several of these`}
      file={title.toLowerCase().replaceAll(" ", "-")}
      figures={() => ({
        head: ["from", "asked", ...shown.map(({ name }) => name)],
        rows: slots.map(({ from }, i) => [
          from,
          requests.slots[i]?.asked ?? null,
          ...shown.map(({ id }) => requests.slots[i]?.[id] ?? null),
        ]),
      })}
    >
      <Lines
        label={title}
        slots={slots}
        lines={shown.map(({ id, name, colour }) => ({
          name,
          colour,
          values: requests.slots.map((sum) => (sum.asked > 0 ? sum[id] : null)),
        }))}
        write={count}
        height={200}
        onPick={(slot) => onCalls({ slot: slots[slot] })}
      />
      <p className={styles.note}>
        {shown
          .map(
            ({ id, name }) =>
              `${name}: ${count(requests.total[id])} of ${plural(requests.total.asked, "request")}`,
          )
          .join("; ")}
        .
      </p>
    </Panel>
  );
}

const SAVINGS: Record<SavingKind, { name: string; about: string }> = {
  promptCache: {
    name: "prompt cache",
    about: "what providers read from their cache, less what writing it cost",
  },
  answerCache: { name: "answer cache", about: "answers that were kept, and asked nobody" },
  route: { name: "cheaper route", about: "against the best model that the route might have taken" },
};

/** What was saved, each at today's prices. */
export function SavingsPanel({ report }: { report: SavingsReport }) {
  const most = Math.max(1e-9, ...report.savings.map((one) => Math.abs(Number(one.usd ?? 0))));
  return (
    <Panel
      title="Savings"
      about="at today's prices"
      file="savings"
      figures={() => ({
        head: ["what", "dollars", "calls", "calls of unknown price"],
        rows: report.savings.map((one) => [
          SAVINGS[one.kind].name,
          one.usd === null ? null : Number(one.usd),
          one.calls,
          one.unknown,
        ]),
      })}
    >
      <Meters
        label="Savings"
        meters={report.savings.map(({ kind, usd: amount, unknown }) => ({
          id: kind,
          name: SAVINGS[kind].name,
          share: amount === null ? null : Math.abs(Number(amount)) / most,
          value: amount === null ? "unknown" : Number(amount) === 0 ? "$0" : `≈\u00a0${signed(amount)}`,
          title: `${SAVINGS[kind].about}${unknown > 0 ? `; ${plural(unknown, "call")} of unknown price not among it` : ""}`,
          colour: Number(amount ?? 0) < 0 ? "var(--danger)" : "var(--accent)",
        }))}
      />
    </Panel>
  );
}

/** All lines in figures. */
export function LinesPanel({ spend, by, onCalls }: { spend: SpendSeries; by: InsightBasis; onCalls: Lead }) {
  const most = Math.max(1e-9, ...spend.lines.map(({ sum }) => Number(sum.cost)));
  return (
    <Panel
      title={`Cost by ${basisName(by)}`}
      about={spend.otherCount > 0 ? `the first ${spend.lines.length}` : "dollars"}
      file={`cost-by-${by}`}
      figures={() => linesTable(spend, by)}
    >
      <Meters
        label={`Cost by ${basisName(by)}`}
        meters={spend.lines.map((line, place) => ({
          id: line.id || "none",
          name: called(by, line),
          dot: colourOf(by, line, place),
          share: line.sum.unpriced === line.sum.calls ? null : Number(line.sum.cost) / most,
          value: spent(line.sum, true),
          title: `${line.name || called(by, line)}: ${spent(line.sum)}, ${plural(line.sum.calls, "call")}`,
          colour: colourOf(by, line, place),
          onPick: by === "folder" || by === "class" ? undefined : () => onCalls({ line }),
        }))}
      />
    </Panel>
  );
}

/** The lines of a series as a table. */
export function linesTable(spend: SpendSeries, by: InsightBasis) {
  return {
    head: [
      basisName(by),
      "cost usd",
      "calls of unknown price",
      "calls",
      "failed",
      "input",
      "cached input",
      "cache writes",
      "output",
      "reasoning",
    ],
    rows: [...spend.lines, ...(spend.others ? [spend.others] : [])].map((line) => {
      const { sum } = line;
      const name = line === spend.others ? plural(spend.otherCount, "other") : line.name || called(by, line);
      return [
        name,
        sum.calls > 0 && sum.unpriced === sum.calls ? null : Number(sum.cost),
        sum.unpriced,
        sum.calls,
        sum.failed,
        sum.input,
        sum.cachedRead,
        sum.cachedWrite,
        sum.output,
        sum.reasoning,
      ];
    }),
  };
}

/** Budgets, and how they will stand at the end of their period. */
export function BudgetsPanel({
  budgets,
  onFolder,
}: {
  budgets: readonly OwnedBudget[];
  onFolder: (folder: FolderId) => void;
}) {
  return (
    <Panel
      title="Budgets"
      about="spent so far; tick: at the end of the period if spending goes on as it has"
      file="budgets"
      figures={() => ({
        head: ["budget", "cap usd", "spent usd", "set aside usd", "forecast usd", "cap reached at"],
        rows: budgets.map((one) => [
          budgetName(one),
          one.budget.usd === null ? null : Number(one.budget.usd),
          Number(one.budget.spentUsd),
          Number(one.budget.reservedUsd),
          one.forecast === null ? null : Number(one.forecast.usd),
          one.forecast?.reachedAt ?? null,
        ]),
      })}
    >
      <BudgetList budgets={budgets} onFolder={onFolder} />
    </Panel>
  );
}

/** What was saved in all, in words. */
export function savedInAll(report: SavingsReport): { value: string; about: string } {
  const sum = saved(report.savings);
  const unknown = report.savings.reduce((n, one) => n + one.unknown, 0);
  if (sum === null) return { value: "unknown", about: `${plural(unknown, "call")} of unknown price` };
  const without = Number(report.paid) + sum;
  return {
    value: sum === 0 ? "$0" : `≈\u00a0${signed(String(sum))}`,
    about:
      unknown > 0 ? `and ${plural(unknown, "call")} unknown` : `of ≈\u00a0${usd(String(without))} without`,
  };
}

/** Series as a table: a row for each slot, its beginning first. */
function table(
  slots: readonly { from: string }[],
  series: readonly (Part & { values: readonly number[] })[],
  last?: readonly [string, (slot: number) => number],
) {
  return {
    head: ["from", ...series.map(({ name }) => name), ...(last ? [last[0]] : [])],
    rows: slots.map(({ from }, i) => [
      from,
      ...series.map(({ values }) => Number((values[i] ?? 0).toPrecision(12))),
      ...(last ? [last[1](i)] : []),
    ]),
  };
}
