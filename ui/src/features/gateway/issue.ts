/** A key as it is filled in, and as it is asked for. */
import type { Budget, BudgetPeriod, CaptureLevel, NewKey, VirtualKey } from "@/ipc";
import { count, usd } from "@/lib/figures";

export const periods: readonly { id: BudgetPeriod; title: string; per: string }[] = [
  { id: "day", title: "Each day", per: "a day" },
  { id: "month", title: "Each month", per: "a month" },
  { id: "total", title: "In all", per: "in all" },
];

export const captures: readonly { value: CaptureLevel; label: string; hint: string }[] = [
  { value: "full", label: "Everything", hint: "as conversations" },
  { value: "metadata", label: "Figures only", hint: "who, when, how much; no text" },
  { value: "off", label: "Only what it cost", hint: "no call is listed" },
];

/** Days until a key ends; empty is never. */
export const lives = [
  { value: "", label: "Never" },
  { value: "1", label: "In a day" },
  { value: "7", label: "In 7 days" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
] as const;

export type Draft = {
  name: string;
  days: (typeof lives)[number]["value"];
  capture: CaptureLevel;
  targets: string;
  routes: string;
  usd: Record<BudgetPeriod, string>;
  tokens: Record<BudgetPeriod, string>;
  rpm: string;
  tpm: string;
  parallel: string;
};

const none = { day: "", month: "", total: "" };

export const empty: Draft = {
  name: "",
  days: "",
  capture: "full",
  targets: "",
  routes: "",
  usd: none,
  tokens: none,
  rpm: "",
  tpm: "",
  parallel: "",
};

const DAY_MS = 86_400_000;
const MOST = 4_294_967_295;

/** What is asked for, or what is wrong with it, by field. */
export function asked(
  draft: Draft,
  now: number,
): { key: NewKey; wrong: null } | { key: null; wrong: Partial<Record<string, string>> } {
  const wrong: Record<string, string> = {};
  const whole = (field: string, text: string): number | null => {
    const plain = text.replaceAll(/[\s,_]/g, "");
    if (plain === "") return null;
    const n = Number(plain);
    if (/^\d+$/.test(plain) && n > 0 && n <= MOST) return n;
    wrong[field] = "A whole number from 1 on.";
    return null;
  };
  const money = (field: string, text: string): string | null => {
    const plain = text.trim().replace(/^\$\s*/, "");
    if (plain === "") return null;
    if (/^\d{1,9}(\.\d{1,9})?$/.test(plain) && Number(plain) > 0) return plain;
    wrong[field] = "An amount in dollars, such as 5 or 0.50.";
    return null;
  };
  const patterns = (field: string, text: string, path: boolean): string[] => {
    const list = text.split(/[\s,]+/).filter(Boolean);
    const bad = list.find((each) => each.startsWith("/") !== path);
    if (bad)
      wrong[field] = path
        ? `\`${bad}\` is no path; write it as /v1/*.`
        : `\`${bad}\` is a path; targets are written as openai/*.`;
    return list;
  };
  if (draft.name.trim() === "") wrong.name = "A name, so that you know later whose key it is.";
  const limits = {
    rpm: whole("rpm", draft.rpm),
    tpm: whole("tpm", draft.tpm),
    parallel: whole("parallel", draft.parallel),
  };
  const scopes = {
    routes: patterns("routes", draft.routes, true),
    targets: patterns("targets", draft.targets, false),
  };
  const budgets = periods
    .map(({ id }) => ({
      period: id,
      usd: money(`usd.${id}`, draft.usd[id]),
      tokens: whole(`tokens.${id}`, draft.tokens[id]),
    }))
    .filter(({ usd, tokens }) => usd !== null || tokens !== null);
  if (Object.keys(wrong).length > 0) return { key: null, wrong };
  return {
    key: {
      name: draft.name.trim(),
      scopes,
      limits,
      budgets,
      capture: draft.capture,
      expiresAt: draft.days === "" ? null : new Date(now + Number(draft.days) * DAY_MS).toISOString(),
    },
    wrong: null,
  };
}

/** What a key may do, in a line: `anthropic/*, /v1/*, 60 requests a minute`; empty is everything. */
export function bounds({ scopes, limits, capture }: VirtualKey): string {
  const { rpm, tpm, parallel } = limits;
  return [
    ...(scopes.targets ?? []),
    ...(scopes.routes ?? []),
    rpm && `${count(rpm)} ${rpm === 1 ? "request" : "requests"} a minute`,
    tpm && `${count(tpm)} tokens a minute`,
    parallel && `${count(parallel)} at a time`,
    capture === "metadata" && "figures only are kept",
    capture === "off" && "no call is listed",
  ]
    .filter(Boolean)
    .join(", ");
}

/** How a budget stands: `$0.32 of $5.00 a day`, and which share of it is gone. */
export function stands(budget: Budget): { text: string; share: number }[] {
  const per = periods.find(({ id }) => id === budget.period)?.per ?? "";
  const lines: { text: string; share: number }[] = [];
  if (budget.usd !== null) {
    const [most, gone] = [Number(budget.usd), Number(budget.spentUsd)];
    const text = `${usd(budget.spentUsd)} of $${most.toFixed(2)} ${per}`;
    lines.push({ text, share: most > 0 ? gone / most : 1 });
  }
  if (budget.tokens !== null)
    lines.push({
      text: `${count(budget.spentTokens)} of ${count(budget.tokens)} tokens ${per}`,
      share: budget.tokens > 0 ? budget.spentTokens / budget.tokens : 1,
    });
  return lines;
}
