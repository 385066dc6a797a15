/** What budgets may take, as it is typed and as it is asked for. */
import type { BudgetCap, BudgetPeriod } from "@/ipc";

export const periods: readonly { id: BudgetPeriod; title: string; per: string }[] = [
  { id: "day", title: "Each day", per: "a day" },
  { id: "month", title: "Each month", per: "a month" },
  { id: "total", title: "In all", per: "in all" },
];

/** What stands in the fields of each period. */
export type Caps = { usd: Record<BudgetPeriod, string>; tokens: Record<BudgetPeriod, string> };

/** Why what stands in a field cannot be, by the field's name. */
export type Wrong = Partial<Record<string, string>>;

const none = { day: "", month: "", total: "" };
export const noCaps: Caps = { usd: none, tokens: none };

const MOST = 4_294_967_295;

/** A whole number above zero; empty is none. What is neither is noted under the field's name. */
export function readWhole(field: string, text: string, wrong: Wrong): number | null {
  const plain = text.replaceAll(/[\s,_]/g, "");
  if (plain === "") return null;
  const n = Number(plain);
  if (/^\d+$/.test(plain) && n > 0 && n <= MOST) return n;
  wrong[field] = "A whole number from 1 on.";
  return null;
}

function readMoney(field: string, text: string, wrong: Wrong): string | null {
  const plain = text.trim().replace(/^\$\s*/, "");
  if (plain === "") return null;
  if (/^\d{1,9}(\.\d{1,9})?$/.test(plain) && Number(plain) > 0) return plain;
  wrong[field] = "An amount in dollars, such as 5 or 0.50.";
  return null;
}

/** The caps that were typed; a period without any has no budget. */
export function readCaps({ usd, tokens }: Caps, wrong: Wrong): BudgetCap[] {
  return periods
    .map(({ id }) => ({
      period: id,
      usd: readMoney(`usd.${id}`, usd[id], wrong),
      tokens: readWhole(`tokens.${id}`, tokens[id], wrong),
    }))
    .filter((cap) => cap.usd !== null || cap.tokens !== null);
}

/** Budgets as they would be typed. */
export function typed(caps: readonly BudgetCap[]): Caps {
  const of = (period: BudgetPeriod) => caps.find((cap) => cap.period === period);
  const each = (write: (cap: BudgetCap | undefined) => string) =>
    Object.fromEntries(periods.map(({ id }) => [id, write(of(id))])) as Record<BudgetPeriod, string>;
  return { usd: each((cap) => cap?.usd ?? ""), tokens: each((cap) => cap?.tokens?.toString() ?? "") };
}
