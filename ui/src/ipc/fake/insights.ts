/** Figures over the made-up calls, counted here as the real engine counts them there. */
import type {
  Budget,
  BudgetCap,
  InsightBasis,
  InsightsQuery,
  OwnedBudget,
  Percentiles,
  RequestSum,
  SlotStep,
  SpendLine,
  TrafficCall,
  UsageSum,
} from "../bindings";
import type { Ipc } from "../index";

type Insights = Pick<Ipc, "listBudgets" | "requestSeries" | "saveTable" | "savings" | "spendSeries">;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LINES = 24;
/** Of whom no price is known. */
const UNPRICED = "openrouter/";
/** What a million tokens cost, read anew and from a cache. */
const INPUT = 3;
const CACHED = 0.3;

/** A folder that has budgets. */
type Capped = { id: string; name: string; caps: BudgetCap[] };

export function insights(
  engine: Pick<Ipc, "listTraffic" | "listVirtualKeys">,
  folders: () => Capped[],
): Insights {
  /** As the address says: `?nobudgets=2` budgets cannot be read twice. */
  let failures = Number(new URLSearchParams(globalThis.location?.search ?? "").get("nobudgets") ?? 0);
  /** All calls of a question, from its first slot on. */
  const asked = async (query: InsightsQuery, step: SlotStep, only = query.only ?? null) => {
    const calls: TrafficCall[] = [];
    let after: string | null = null;
    do {
      const page: { calls: TrafficCall[]; next: string | null } = await engine.listTraffic({
        from: query.from ?? null,
        limit: 500,
        after,
      });
      calls.push(...page.calls);
      after = page.next;
    } while (after);
    const over = calls.filter(({ state }) => state.state !== "streaming" && state.state !== "queued");
    const now = new Date().toISOString();
    const first = query.from ?? over.at(-1)?.at ?? now;
    const starts = startsOf(first, now, step);
    const fitting = over.filter((call) => only === null || lineOf(call, query.by).id === only);
    const slot = (call: TrafficCall) => starts.findLastIndex((start) => start <= call.at);
    return { calls: fitting.filter((call) => slot(call) >= 0), span: { step, starts, until: now }, slot };
  };

  return {
    spendSeries: async (query) => {
      const { calls, span, slot } = await asked(query, query.step ?? barsOf(query));
      const zeros = () => span.starts.map(() => 0);
      const lines = new Map<string, SpendLine & { nano: number[] }>();
      for (const call of calls) {
        const { id, name } = lineOf(call, query.by);
        const line = lines.get(id) ?? {
          id,
          name,
          sum: none(),
          cost: [],
          nano: zeros(),
          calls: zeros(),
          tokens: zeros(),
          unpriced: zeros(),
        };
        lines.set(id, line);
        const at = slot(call);
        const sum = sumOf(call);
        add(line.sum, sum);
        line.nano[at] = (line.nano[at] ?? 0) + Number(sum.cost);
        line.calls[at] = (line.calls[at] ?? 0) + 1;
        line.unpriced[at] = (line.unpriced[at] ?? 0) + sum.unpriced;
        line.tokens[at] = (line.tokens[at] ?? 0) + sum.input + sum.cachedRead + sum.output;
      }
      const all = [...lines.values()]
        .map(({ nano, ...line }) => ({ ...line, cost: nano.map(decimal) }))
        .sort((a, b) => Number(b.sum.cost) - Number(a.sum.cost) || b.sum.calls - a.sum.calls);
      const total = none();
      for (const { sum } of all) add(total, sum);
      return { span, lines: all.slice(0, LINES), others: null, otherCount: 0, total, simulated: 0 };
    },
    requestSeries: async (query) => {
      const { calls, span, slot } = await asked(query, query.step ?? barsOf(query));
      const of = (some: TrafficCall[]): RequestSum => {
        const n = (fits: (call: TrafficCall) => boolean) => some.filter(fits).length;
        return {
          asked: some.length,
          answered: n(({ state }) => state.state === "complete"),
          failed: n(({ state }) => state.state === "failed"),
          stopped: n(({ state }) => state.state === "stopped"),
          triedAgain: n(({ attempts }) => attempts > 1),
          fellBack: n(({ attempts, state }) => attempts > 1 && state.state === "complete"),
          promptCached: n(({ metrics }) => (metrics.usage.cachedRead ?? 0) > 0),
          fromCache: 0,
        };
      };
      const times = (some: TrafficCall[], what: "ttftMs" | "durationMs") =>
        percentiles(
          some.flatMap(({ state, metrics }) =>
            state.state === "complete" && typeof metrics[what] === "number" ? [metrics[what]] : [],
          ),
        );
      const slots = span.starts.map((_, at) => calls.filter((call) => slot(call) === at));
      const lines = new Map<string, TrafficCall[]>();
      for (const call of calls) {
        const { id } = lineOf(call, query.by);
        lines.set(id, [...(lines.get(id) ?? []), call]);
      }
      const errors = new Map<string, number>();
      for (const { state } of calls)
        if (state.state === "failed") errors.set(state.error.kind, (errors.get(state.error.kind) ?? 0) + 1);
      return {
        span,
        slots: slots.map(of),
        ttft: slots.map((some) => times(some, "ttftMs")),
        duration: slots.map((some) => times(some, "durationMs")),
        lines: [...lines.values()]
          .map((some) => ({
            ...(some[0] ? lineOf(some[0], query.by) : { id: "", name: "" }),
            sum: of(some),
            ttft: times(some, "ttftMs"),
            duration: times(some, "durationMs"),
          }))
          .sort((a, b) => b.sum.asked - a.sum.asked),
        total: of(calls),
        totalTtft: times(calls, "ttftMs"),
        totalDuration: times(calls, "durationMs"),
        errors: [...errors]
          .map(([kind, requests]) => ({ kind: kind as "overloaded", requests }))
          .sort((a, b) => b.requests - a.requests),
      };
    },
    savings: async (query) => {
      const { calls, span } = await asked(query, "day");
      const cached = calls.filter(({ metrics }) => (metrics.usage.cachedRead ?? 0) > 0);
      const priced = cached.filter((call) => priceOf(call) !== null);
      const paid = calls.filter((call) => call.served?.startsWith("anthropic/"));
      const saved = paid.reduce((sum, { metrics }) => sum + (metrics.usage.cachedRead ?? 0), 0);
      return {
        from: span.starts[0] ?? span.until,
        until: span.until,
        paid: decimal(calls.reduce((sum, call) => sum + (priceOf(call) ?? 0), 0)),
        savings: [
          {
            kind: "promptCache",
            usd: decimal((saved * (INPUT - CACHED)) / 1e6),
            calls: priced.length,
            unknown: cached.length - priced.length,
          },
        ],
      };
    },
    listBudgets: async () => {
      if (failures-- > 0) throw Object.assign(new Error("the disk does not answer"), { kind: "storage" });
      const keys = await engine.listVirtualKeys();
      return [
        ...folders().flatMap(({ id, name, caps }) =>
          caps.map((cap) => owned(spentIn(cap), { key: null, folder: id, name })),
        ),
        ...keys
          .filter(({ revokedAt }) => revokedAt === null)
          .flatMap(({ id, name, budgets }) =>
            budgets.map((budget) => owned(budget, { key: id, folder: null, name })),
          ),
      ];
    },
    saveTable: async () => true,
  };
}

/** What a folder has taken, here always the same. */
const spentIn = ({ period, usd, tokens }: BudgetCap): Budget => ({
  period,
  usd: usd ?? null,
  tokens: tokens ?? null,
  spentUsd: "1.25",
  spentTokens: 84_000,
  reservedUsd: "0",
  reservedTokens: 0,
  until:
    period === "total"
      ? null
      : new Date(Date.now() + (period === "day" ? DAY_MS / 2 : 15 * DAY_MS)).toISOString(),
});

/** A budget as it will stand at the end of its period. */
function owned(budget: Budget, whose: Pick<OwnedBudget, "key" | "folder" | "name">): OwnedBudget {
  const until = budget.until === null ? null : Date.parse(budget.until);
  const long = budget.period === "day" ? DAY_MS : 30 * DAY_MS;
  const from = until === null ? 0 : until - long;
  const gone = (Date.now() - from) / long;
  const usd = Number(budget.spentUsd) / gone;
  const reached =
    budget.usd !== null && usd > Number(budget.usd) ? from + (Number(budget.usd) / usd) * long : null;
  return {
    ...whose,
    budget,
    from: new Date(from).toISOString(),
    forecast:
      until === null || gone <= 0 || gone > 1
        ? null
        : { usd: decimal(usd), reachedAt: reached === null ? null : new Date(reached).toISOString() },
  };
}

const decimal = (usd: number) => usd.toFixed(9).replace(/\.?0+$/, "") || "0";

function lineOf(call: TrafficCall, by: InsightBasis): { id: string; name: string } {
  const served = call.served ?? call.requested;
  const plain = (id: string) => ({ id, name: id });
  switch (by) {
    case "model":
      return plain(served);
    case "provider":
      return plain(served.includes("/") ? served.slice(0, served.indexOf("/")) : "");
    case "key":
      return { id: call.key ?? "", name: call.keyName ?? "" };
    case "client":
      return plain(call.client ?? "");
    case "policy":
      return plain(/^auto(:|$)/.test(call.requested) ? call.requested : "");
    case "folder":
    case "class":
      return plain("");
  }
}

const priceOf = (call: TrafficCall): number | null =>
  call.served?.startsWith(UNPRICED) || !call.metrics.cost ? null : Number(call.metrics.cost.usd);

const none = (): UsageSum => ({
  calls: 0,
  failed: 0,
  input: 0,
  cachedRead: 0,
  cachedWrite: 0,
  output: 0,
  reasoning: 0,
  cost: "0",
  estimated: 0,
  estimatedCost: "0",
  unpriced: 0,
});

function sumOf(call: TrafficCall): UsageSum {
  const { usage, cost } = call.metrics;
  const usd = priceOf(call);
  const estimated = cost?.estimated ?? false;
  return {
    ...none(),
    calls: 1,
    failed: call.state.state === "failed" ? 1 : 0,
    input: usage.input ?? 0,
    cachedRead: usage.cachedRead ?? 0,
    output: usage.output ?? 0,
    cost: decimal(usd ?? 0),
    estimated: estimated ? 1 : 0,
    estimatedCost: decimal(estimated ? (usd ?? 0) : 0),
    unpriced: usd === null && call.state.state !== "failed" ? 1 : 0,
  };
}

function add(mine: UsageSum, theirs: UsageSum): void {
  const counts = ["calls", "failed", "input", "cachedRead", "output", "estimated", "unpriced"] as const;
  for (const count of counts) mine[count] += theirs[count];
  mine.cost = decimal(Number(mine.cost) + Number(theirs.cost));
  mine.estimatedCost = decimal(Number(mine.estimatedCost) + Number(theirs.estimatedCost));
}

function percentiles(times: number[]): Percentiles | null {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (percent: number) => sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
  return sorted.length > 0 ? { calls: sorted.length, p50: at(50), p95: at(95), p99: at(99) } : null;
}

const barsOf = ({ from }: InsightsQuery): SlotStep =>
  from && Date.now() - Date.parse(from) <= 36 * HOUR_MS ? "hour" : "day";

/** In the user's own days. */
function startsOf(from: string, until: string, step: SlotStep): string[] {
  const at = new Date(from);
  if (step === "hour") at.setMinutes(0, 0, 0);
  else at.setHours(0, 0, 0, 0);
  const starts = [];
  while (at.toISOString() < until && starts.length < 800) {
    starts.push(at.toISOString());
    if (step === "hour") at.setTime(at.getTime() + HOUR_MS);
    else at.setDate(at.getDate() + 1);
  }
  return starts;
}
