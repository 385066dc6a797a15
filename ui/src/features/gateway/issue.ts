/** A key as it is filled in, and as it is asked for. */
import type { Budget, CaptureLevel, NewKey, VirtualKey } from "@/ipc";
import { noCaps, periods, readCaps, readWhole, type Caps, type Wrong } from "@/lib/caps";
import { count, usd } from "@/lib/figures";

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
  caps: Caps;
  rpm: string;
  tpm: string;
  parallel: string;
};

export const empty: Draft = {
  name: "",
  days: "",
  capture: "full",
  targets: "",
  routes: "",
  caps: noCaps,
  rpm: "",
  tpm: "",
  parallel: "",
};

const DAY_MS = 86_400_000;

/** What is asked for, or what is wrong with it, by field. */
export function asked(draft: Draft, now: number): { key: NewKey; wrong: null } | { key: null; wrong: Wrong } {
  const wrong: Wrong = {};
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
    rpm: readWhole("rpm", draft.rpm, wrong),
    tpm: readWhole("tpm", draft.tpm, wrong),
    parallel: readWhole("parallel", draft.parallel, wrong),
  };
  const scopes = {
    routes: patterns("routes", draft.routes, true),
    targets: patterns("targets", draft.targets, false),
  };
  const budgets = readCaps(draft.caps, wrong);
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

/** What a key may do, in a line: `anthropic/*, /v1/*, 60 requests a minute`; empty is all but the native API. */
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
