/** How what protects and what was learned is said. */
import type { Ability, BreakerView, Decision, Fault, OnCut, PromptClass, Strategy } from "@/ipc";
import { duration, firstToken, tokensPerSecond } from "@/lib/figures";

export const strategies: readonly { value: Strategy; label: string; says: string }[] = [
  { value: "weighted", label: "weighted", says: "asks the best score" },
  { value: "load_balanced", label: "load balanced", says: "of those about as good, the least busy" },
  { value: "round_robin", label: "round robin", says: "one after the other" },
  { value: "random", label: "random", says: "by lot" },
  { value: "priority", label: "priority", says: "in your order, below" },
  { value: "bandit", label: "bandit", says: "the best, and now and then another to learn" },
];

/** What follows when an answer breaks off; where nothing is chosen, what `[routing]` says holds. */
export const brokenOff: readonly { value: OnCut | "usual"; label: string; hint: string }[] = [
  {
    value: "usual",
    label: "as set for all",
    hint: "on_cut under [routing] in config.toml; it has failed unless set",
  },
  { value: "fail", label: "it has failed", hint: "what came is kept" },
  { value: "resume", label: "the next goes on", hint: "with what came as the beginning of its own answer" },
];

export const abilities: readonly { value: Ability; label: string }[] = [
  { value: "vision", label: "vision" },
  { value: "tools", label: "tools" },
  { value: "json", label: "JSON" },
  { value: "reasoning", label: "reasoning" },
  { value: "web_search", label: "web search" },
];

export const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** `open, one call in 41 s` */
export function breakerWords({ state, waitMs, failures, byHand }: BreakerView): string {
  const why = byHand ? "by hand" : `after ${plural(failures, "failure")} in a row`;
  switch (state) {
    case "open":
      return `open ${why}, next probe in ${Math.ceil((waitMs ?? 0) / 1_000)}\u00a0s`;
    case "halfOpen":
      return `half-open ${why}, one call finds out`;
    case "closed":
      return `closed, ${plural(failures, "failure")} in a row so far`;
  }
}

export function faultWords(fault: Fault): string {
  switch (fault.type) {
    case "down":
      return "down";
    case "slow":
      return `slow, ${duration(fault.ms)} late`;
    case "rateLimited":
      return fault.retryAfterMs ? `429, again in ${duration(fault.retryAfterMs)}` : "429";
    case "cut":
      return `cut after ${plural(fault.after, "piece")}`;
  }
}

export const className = (of: PromptClass | null): string => of ?? "all classes";

export type MeasureName = "firstMs" | "tokensPerSecond" | "available" | "reliable" | "costRatio" | "liked";

const percent = (share: number) => `${(share * 100).toFixed(share > 0.995 || share < 0.005 ? 0 : 1)}\u00a0%`;

/** What is learned: what it is called, what it means, and how it is written. */
export const measures: readonly {
  name: MeasureName;
  label: string;
  about: string;
  write: (mean: number) => string;
  /** What a whole bar is; without, the longest is. */
  full?: number;
}[] = [
  { name: "firstMs", label: "First word", about: "shorter is better", write: firstToken },
  { name: "tokensPerSecond", label: "Pace", about: "longer is better", write: tokensPerSecond },
  { name: "available", label: "Availability", about: "how often it could be asked", write: percent, full: 1 },
  {
    name: "reliable",
    label: "Reliability",
    about: "how often an answer that began came to its end",
    write: percent,
    full: 1,
  },
  {
    name: "costRatio",
    label: "Cost beside what was expected",
    about: "1 × is as expected",
    write: (ratio) => `${ratio.toFixed(2)}\u00a0×`,
  },
  {
    name: "liked",
    label: "Liked",
    about: "your votes, and answers asked for again",
    write: percent,
    full: 1,
  },
];

/** What is charted over time: all of these, and what they come to. */
export const moving: readonly {
  name: string;
  label: string;
  about: string;
  write: (mean: number) => string;
}[] = [
  ...measures,
  {
    name: "score",
    label: "Score",
    about: "for a usual prompt, by the policy of auto",
    write: (score: number) => score.toFixed(2),
  },
];

/** Whether there is nobody whom any policy could choose: made-up models are left out unless one names them. */
export const nobodyIn = ({ candidates }: Decision): boolean =>
  candidates.every(({ target, excluded }) => excluded !== null && target.startsWith("simulated/"));
