/** How figures are written: a unit beside each number, `≈` when estimated, `unknown` when unknown. */
import type { Cost, Metrics, NanoUsd, Prices, Usage } from "@/ipc";

/** Counts with every bucket there: what the engine leaves out, nobody counted. */
export type Counts = { [bucket in keyof Usage]-?: number | null };

/** Metrics with every figure there. */
export type Figures = {
  [figure in Exclude<keyof Metrics, "usage">]-?: Exclude<Metrics[figure], undefined>;
} & { usage: Counts };

/** Fills in what the engine left out. */
export function figures({ ttftMs, durationMs, usage, usageBy, cost }: Metrics): Figures {
  const { input, output, cachedRead, cachedWrite, reasoning } = usage ?? {};
  return {
    ttftMs: ttftMs ?? null,
    durationMs: durationMs ?? null,
    usage: {
      input: input ?? null,
      output: output ?? null,
      cachedRead: cachedRead ?? null,
      cachedWrite: cachedWrite ?? null,
      reasoning: reasoning ?? null,
    },
    usageBy: usageBy ?? null,
    cost: cost ?? null,
  };
}

/** Keeps a number and its unit on one line. */
const NBSP = "\u00a0";

/** `0.41 s`, `12.6 s`, `2 min 4 s` */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(ms < 1_000 ? 2 : 1)}${NBSP}s`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}${NBSP}s`;
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}${NBSP}min${NBSP}${seconds % 60}${NBSP}s`;
}

/** Time that is still running: whole seconds, since it is shown once a second. */
export function seconds(ms: number): string {
  return ms < 60_000 ? `${Math.floor(ms / 1000)}${NBSP}s` : duration(ms);
}

/** Time to first token: two decimals, since the third of a second is what people feel. */
export function firstToken(ms: number): string {
  return ms < 60_000 ? `${(ms / 1000).toFixed(2)}${NBSP}s` : duration(ms);
}

export function count(n: number): string {
  return n.toLocaleString("en-US");
}

/** `128k`, `1M`: for context windows, where the rest does not matter. */
export function shortCount(n: number): string {
  if (n >= 1_000_000) return `${trim((n / 1_000_000).toFixed(1))}M`;
  if (n >= 1_000) return `${Math.round(n / 1_000)}k`;
  return String(n);
}

/** Dollars from a decimal string: never through more precision than is shown, never `$0` for what is not zero. */
export function usd(amount: NanoUsd): string {
  const value = Number(amount);
  if (value === 0) return "$0";
  if (Math.abs(value) >= 0.995) return `$${value.toFixed(2)}`;
  const size = Math.floor(Math.log10(Math.abs(value)));
  return `$${value.toFixed(Math.min(9, Math.max(4, 1 - size)))}`;
}

/** `$0.0013`, `≈ $0.002`, `free`, `unknown` */
export function cost(cost: Cost | null): string {
  if (!cost) return "unknown";
  if (Number(cost.usd) === 0) return "free";
  return cost.estimated ? `≈${NBSP}${usd(cost.usd)}` : usd(cost.usd);
}

/** Price per million tokens, in and out: `$3 / $15`, `free`, `unknown`. */
export function price({ input, output }: Prices): string {
  if (input === null || output === null) return "price unknown";
  if (Number(input) === 0 && Number(output) === 0) return "free";
  return `$${trim(Number(input).toFixed(2))} / $${trim(Number(output).toFixed(2))}`;
}

/** Tokens per second after the first one; `null` while there is nothing to divide. */
export function rate(tokens: number, metrics: Pick<Figures, "ttftMs">, elapsedMs: number): number | null {
  const span = elapsedMs - (metrics.ttftMs ?? 0);
  // A one-shot answer arrives whole: then its rate is that of the call.
  const ms = span > 50 ? span : elapsedMs;
  return tokens > 0 && ms > 0 ? (tokens * 1000) / ms : null;
}

export function tokensPerSecond(rate: number): string {
  return `${rate >= 10 ? Math.round(rate) : rate.toFixed(1)}${NBSP}tok/s`;
}

/** What went in: `1,284 in, 1,024 cached`. */
export function tokensIn(usage: Counts): string {
  const words = [];
  if (usage.input !== null) words.push(`${count(usage.input)} in`);
  if (usage.cachedRead) words.push(`${count(usage.cachedRead)} cached`);
  return words.join(", ");
}

/** What came out: `412 reasoning, 186 out`. */
export function tokensOut(usage: Counts): string {
  const words = [];
  if (usage.reasoning) words.push(`${count(usage.reasoning)} reasoning`);
  if (usage.output !== null) words.push(`${count(usage.output)} out`);
  return words.join(", ");
}

/** Rough, and only shown with `≈`: about four characters make a token. */
export function guessTokens(characters: number): number {
  return Math.ceil(characters / 4);
}

function trim(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}
