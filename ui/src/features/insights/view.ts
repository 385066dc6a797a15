/** What of the figures is looked at: which report, over which time, split by what. */
import { create } from "zustand";
import { ipc, type InsightBasis, type InsightsQuery } from "@/ipc";
import { PREF, remembered } from "./kept";

export type Report = "overview" | "cost" | "latency" | "errors" | "savings" | "budgets";
export type Period = "24h" | "7d" | "14d" | "30d" | "90d" | "all";

export type View = {
  report: Report;
  period: Period;
  by: InsightBasis;
  /** Only this line of what is split by. */
  only: { id: string; name: string } | null;
};

const first: View = { report: "overview", period: "14d", by: "model", only: null };

export const reports: readonly { value: Report; label: string }[] = [
  { value: "overview", label: "Overview" },
  { value: "cost", label: "Cost" },
  { value: "latency", label: "Latency" },
  { value: "errors", label: "Requests and errors" },
  { value: "savings", label: "Caches and savings" },
  { value: "budgets", label: "Budgets" },
];

export const periods: readonly { value: Period; label: string }[] = [
  { value: "24h", label: "24 h" },
  { value: "7d", label: "7 d" },
  { value: "14d", label: "14 d" },
  { value: "30d", label: "30 d" },
  { value: "90d", label: "90 d" },
  { value: "all", label: "All" },
];

export const bases: readonly { value: InsightBasis; label: string; none: string }[] = [
  { value: "model", label: "Model", none: "no model" },
  { value: "provider", label: "Provider", none: "no provider" },
  { value: "key", label: "Virtual key", none: "without a key" },
  { value: "client", label: "Tool", none: "this app, or unknown" },
  { value: "folder", label: "Folder", none: "in no folder" },
  { value: "policy", label: "Route", none: "a model by name" },
  { value: "class", label: "Class of prompt", none: "not classified" },
];

export const useView = create<View>(() => ({ ...first, ...taken(remembered()) }));

function change(view: Partial<View>): void {
  useView.setState(view);
  const { report, period, by } = useView.getState();
  void ipc().prefs.set(PREF, { report, period, by });
}

export const showReport = (report: Report) => change({ report });
export const showPeriod = (period: Period) => change({ period });
/** Another split has other lines. */
export const splitBy = (by: InsightBasis) => change({ by, only: null });
/** Once more shows all again. */
export const showOnly = (only: View["only"]) =>
  useView.setState((now) => ({ only: now.only?.id === only?.id ? null : only }));

/** What was looked at last, as far as it is known here. */
export function taken(view: unknown): Partial<View> {
  if (typeof view !== "object" || view === null) return {};
  const of = <T extends string>(name: keyof View, all: readonly { value: T }[]): T | undefined =>
    all.find(({ value }) => name in view && (view as Record<string, unknown>)[name] === value)?.value;
  return {
    report: of("report", reports) ?? first.report,
    period: of("period", periods) ?? first.period,
    by: of("by", bases) ?? first.by,
  };
}

const HOUR_MS = 3_600_000;

/** When a period begins, in the user's own days; `null` is with the first call. */
export function begins(period: Period, now: number): string | null {
  if (period === "all") return null;
  const at = new Date(now);
  if (period === "24h") {
    at.setMinutes(0, 0, 0);
    return new Date(at.getTime() - 23 * HOUR_MS).toISOString();
  }
  at.setHours(0, 0, 0, 0);
  // By the calendar: a day may have 23 hours.
  at.setDate(at.getDate() - Number.parseInt(period) + 1);
  return at.toISOString();
}

/** The question to the engine. */
export function queryOf({ period, by, only }: Omit<View, "report">, now: number): InsightsQuery {
  return {
    by,
    only: only?.id ?? null,
    from: begins(period, now),
    until: null,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
    step: null,
  };
}
