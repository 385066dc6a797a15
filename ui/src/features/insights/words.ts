/** How sums are said. What is not known is said, and never counted as nothing. */
import type { InsightBasis, NanoUsd, Saving, SpendLine, SpendSeries, UsageSum } from "@/ipc";
import { count, usd } from "@/lib/figures";
import { hueOf } from "@/lib/hues";
import { shortName } from "@/lib/target";
import { bases } from "./view";

export const dollars = (value: number): string => (value === 0 ? "$0" : axisUsd(value));

/** Few figures: an axis has round steps. */
function axisUsd(value: number): string {
  if (value >= 1_000) return `$${(value / 1_000).toFixed(value % 1_000 ? 1 : 0)}k`;
  if (value >= 10) return `$${value.toFixed(value % 1 ? 1 : 0)}`;
  if (value >= 0.01) return `$${value.toFixed(2)}`;
  return usd(String(value));
}

export function shortNumber(value: number): string {
  if (value >= 1e9) return `${round(value / 1e9)} G`;
  if (value >= 1e6) return `${round(value / 1e6)} M`;
  if (value >= 1e4) return `${round(value / 1e3)} k`;
  return count(value);
}

const round = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));

export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;

/** `$1.20`, `free`, `unknown`, `$1.20 and 3 calls of unknown price` */
export function spent(sum: UsageSum, brief = false): string {
  if (sum.calls === 0) return "$0";
  const unknown = `${plural(sum.unpriced, "call")} of unknown price`;
  // Nothing known of some is not nothing.
  if (sum.unpriced > 0 && Number(sum.cost) === 0) return brief ? "unknown" : unknown;
  const about = Number(sum.estimatedCost) > 0 ? "≈\u00a0" : "";
  const known = Number(sum.cost) === 0 ? "free" : `${about}${usd(sum.cost)}`;
  if (sum.unpriced === 0) return known;
  return brief ? `${known} + ?` : `${known} and ${unknown}`;
}

/** What a line is called. */
export function called(by: InsightBasis, line: { name: string }): string {
  if (line.name === "") return bases.find(({ value }) => value === by)?.none ?? "";
  return by === "model" ? shortName(line.name) : line.name;
}

const HUES = 10;

/** Models have their own hue everywhere; other lines take theirs by place. */
export const colourOf = (by: InsightBasis, line: { id: string }, place: number): string =>
  by === "model" && line.id ? hueOf(line.id) : `var(--model-${(place % HUES) + 1})`;

export type Part = { id: string; name: string; colour: string; lines: readonly SpendLine[] };

/** The dearest lines by name, the rest in one: a chart of more colours is not read. */
export function parts(spend: SpendSeries, by: InsightBasis, most = 5): readonly Part[] {
  const alone = spend.lines.length + spend.otherCount <= most + 1 ? most + 1 : most;
  const first = spend.lines.slice(0, alone);
  const rest = [...spend.lines.slice(alone), ...(spend.others ? [spend.others] : [])];
  const more = spend.lines.length - first.length + spend.otherCount;
  return [
    ...first.map((line, i) => ({
      id: line.id || "none",
      name: called(by, line),
      colour: colourOf(by, line, i),
      lines: [line],
    })),
    ...(rest.length > 0
      ? [{ id: "others", name: plural(more, "other"), colour: "var(--fg-2)", lines: rest }]
      : []),
  ];
}

/** One figure of a part in each slot. */
export const valuesOf = (
  part: Part,
  slots: number,
  value: (line: SpendLine, slot: number) => number,
): number[] =>
  Array.from({ length: slots }, (_, slot) => part.lines.reduce((sum, line) => sum + value(line, slot), 0));

/** What all known savings come to; `null` where none is known. */
export function saved(savings: readonly Saving[]): number | null {
  const known = savings.flatMap(({ usd }) => (usd === null ? [] : [Number(usd)]));
  return known.length > 0 ? known.reduce((sum, one) => sum + one, 0) : null;
}

export const signed = (amount: NanoUsd): string =>
  Number(amount) < 0 ? `−${usd(String(-Number(amount)))}` : usd(amount);
