/** Routes of the made-up engine: its policies, what they would choose, and what protects them. */
import type {
  BreakerView,
  Candidate,
  Decision,
  LearnedPoint,
  LearnedTarget,
  Model,
  Policy,
  Profile,
  PromptClass,
  RouteTrial,
  ScoreName,
  ScorePart,
  Simulation,
  Weights,
} from "../bindings";
import type { Ipc } from "../index";
import type { Door } from "./columns";
import { models } from "./world";

type Routing = Pick<
  Ipc,
  | "endSimulations"
  | "forgetLearned"
  | "listBreakers"
  | "listLearned"
  | "listLimits"
  | "listPolicies"
  | "listSimulations"
  | "removePolicy"
  | "resetBreaker"
  | "routeAnalytics"
  | "routeDecision"
  | "savePolicy"
  | "setDefaultPolicy"
  | "simulateFault"
  | "tripBreaker"
  | "tryRoute"
>;

/** What outlives a reload. */
export type Routes = {
  default: string;
  own: Policy[];
  /** When each breaker opened, and why. */
  broken: { target: string; at: number; failures: number; byHand: boolean }[];
  simulations: Simulation[];
  forgotten: string[];
  ids: number;
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const weights = (...[quality, speed, cost, availability, reliability, context]: number[]): Weights => ({
  quality: quality ?? 0,
  speed: speed ?? 0,
  cost: cost ?? 0,
  availability: availability ?? 0,
  reliability: reliability ?? 0,
  context: context ?? 0,
});
export const profiles: Record<Profile, Weights> = {
  balanced: weights(0.42, 0.13, 0.25, 0.1, 0.1, 0),
  budget: weights(0.24, 0.05, 0.56, 0.08, 0.07, 0),
  "long-context": weights(0.3, 0.05, 0.12, 0.08, 0.1, 0.35),
  quality: weights(0.75, 0.05, 0.02, 0.08, 0.1, 0),
  speed: weights(0.18, 0.55, 0.07, 0.1, 0.1, 0),
};
const policyOf = (profile: Profile): Policy => ({
  name: profile,
  profile,
  strategy: "weighted",
  weights: profiles[profile],
  adapt: true,
  explore: 0.05,
  allow: [],
  deny: [],
  order: [],
  require: [],
  localOnly: false,
  maxCost: null,
  maxFirstMs: null,
  minQuality: null,
  score: null,
  warmS: 300,
  hedgeMs: null,
  onCut: null,
  builtIn: true,
});

/** What is known of a model: quality, first word (s), tokens per second. Others are taken for the middle. */
const known: Record<string, [number, number, number]> = {
  "anthropic/claude-opus-4.6": [0.93, 1.4, 58],
  "anthropic/claude-sonnet-4.6": [0.88, 0.55, 88],
  "openai/gpt-5.4": [0.9, 0.92, 64],
  "openai/gpt-5.4-mini": [0.74, 0.4, 140],
  "gemini/gemini-3.5-flash": [0.79, 0.34, 171],
  "openrouter/meta-llama/llama-3.3-70b-instruct:free": [0.61, 0.9, 45],
  "ollama/qwen3:4b": [0.46, 0.12, 39],
  "ollama/gemma3:270m": [0.21, 0.06, 120],
};

const bad = (message: string) => Object.assign(new Error(message), { kind: "badInput" });
const error = (text: string): never => {
  throw bad(text);
};

export function begin(full: boolean): Routes {
  const now = Date.now();
  return {
    default: "balanced",
    own: full
      ? [
          {
            ...policyOf("budget"),
            name: "cheap-code",
            strategy: "bandit",
            allow: ["ollama/*", "openrouter/*"],
            require: ["tools"],
            builtIn: false,
          },
          { ...policyOf("balanced"), name: "private", localOnly: true, builtIn: false },
        ]
      : [],
    broken: full
      ? [
          {
            target: "openrouter/meta-llama/llama-3.3-70b-instruct:free",
            at: now - 19_000,
            failures: 3,
            byHand: false,
          },
          { target: "anthropic/claude-opus-4.6", at: now - 61_000, failures: 3, byHand: false },
        ]
      : [],
    simulations: [],
    forgotten: [],
    ids: 0,
  };
}

/** What a prompt looks like: enough to see that it matters. */
export function classified(prompt: string): { class: PromptClass; complexity: number; strength: number } {
  const has = (pattern: RegExp) => pattern.test(prompt);
  const of: PromptClass = has(/code|race|rust|function|bug|```/i)
    ? "code"
    : has(/prove|integral|equation|sum of/i)
      ? "maths"
      : has(/translate/i)
        ? "translation"
        : has(/why|compare|analy[sz]e|explain/i)
          ? "analysis"
          : has(/write|story|poem|notes/i)
            ? "writing"
            : prompt.trim() === ""
              ? "other"
              : "chat";
  const complexity = Math.min(0.95, 0.1 + prompt.length / 260 + (of === "code" || of === "maths" ? 0.2 : 0));
  return { class: of, complexity, strength: Math.min(0.95, complexity * 0.9) };
}

export function routing(door: Door): Routing {
  const { later, world, changed } = door;
  const state = () => routesOf(door);
  const find = (name: string) =>
    policiesOf(state()).find((one) => one.name === name) ?? error(`there is no policy \`${name}\``);
  const forget = () => {
    state().simulations = state().simulations.filter(({ until }) => Date.parse(until) > Date.now());
  };
  return {
    listPolicies: () => later(() => ({ default: state().default, items: policiesOf(state()) })),
    savePolicy: (policy, isNew) =>
      later(() => {
        check(policy);
        const routes = state();
        if (isNew && routes.own.some(({ name }) => name === policy.name))
          error(`config.toml has a policy \`${policy.name}\` already; choose another name`);
        routes.own = [
          ...routes.own.filter(({ name }) => name !== policy.name),
          { ...policy, builtIn: false },
        ];
        return changed("providers", "routing");
      }),
    removePolicy: (name) =>
      later(() => {
        const routes = state();
        if (routes.default === name && !(name in profiles))
          error(`\`auto\` means the policy \`${name}\`; make another one the default first`);
        routes.own = routes.own.filter((one) => one.name !== name);
        return changed("providers", "routing");
      }),
    setDefaultPolicy: (name) =>
      later(() => {
        state().default = find(name).name;
        return changed("providers", "routing");
      }),
    tryRoute: (trial, draft) =>
      later(() => {
        if (draft) check(draft);
        return decide(door, draft ?? find(trial.policy ?? state().default), trial);
      }),
    routeDecision: (id) =>
      later(() => {
        const row = world().rows.find(({ completion }) => completion.runId === id);
        if (!row) error(`no run \`${id}\``);
        return row && isRoute(row.completion.requested)
          ? decisionOf(door, row.completion.requested, row.prompt)
          : null;
      }),
    listBreakers: () => later(() => breakers(state())),
    tripBreaker: (target) =>
      later(() => {
        const routes = state();
        routes.broken = [
          ...routes.broken.filter((one) => one.target !== target),
          { target, at: Date.now(), failures: 0, byHand: true },
        ];
        return changed("routing");
      }),
    resetBreaker: (target) =>
      later(() => {
        const routes = state();
        const before = routes.broken.length;
        routes.broken = routes.broken.filter((one) => one.target !== target);
        changed("routing");
        return before - routes.broken.length;
      }),
    listLimits: () =>
      later(() =>
        world().scene === "full"
          ? [
              {
                provider: "anthropic",
                requests: { used: 31, most: 50 },
                tokens: { used: 41_200, most: 80_000 },
                calls: { used: 1, most: 4 },
                usedUp: [],
              },
              {
                provider: "openrouter",
                requests: { used: 19, most: 20 },
                tokens: null,
                calls: null,
                usedUp: [{ target: "openrouter/meta-llama/llama-3.3-70b-instruct:free", waitMs: 21_000 }],
              },
            ]
          : [],
      ),
    listLearned: (hours) => later(() => learned(state(), world().scene === "full", hours)),
    forgetLearned: (target) =>
      later(() => {
        const all = learned(state(), world().scene === "full");
        const gone = [...new Set(all.map((one) => one.target))].filter((one) => !target || one === target);
        state().forgotten = [...state().forgotten, ...gone];
        changed("routing");
        return gone.length;
      }),
    routeAnalytics: (from, to) =>
      later(() => {
        const count = (
          policy: string,
          of: PromptClass,
          chosen: string,
          decisions: number,
          fellBack: number,
        ) => ({
          policy,
          class: of,
          chosen,
          decisions,
          explored: Math.round(decisions * 0.04),
          kept: Math.round(decisions * 0.31),
          complete: decisions - 1,
          fellBack,
          cost: chosen.startsWith("anthropic/") ? (decisions * 0.0081).toFixed(4) : "0",
          meanFirstMs: Math.round((known[chosen]?.[1] ?? 0.9) * 1_000),
        });
        const counts =
          world().scene === "full"
            ? [
                count("balanced", "code", "anthropic/claude-sonnet-4.6", 184, 6),
                count("cheap-code", "code", "openrouter/meta-llama/llama-3.3-70b-instruct:free", 92, 17),
                count("balanced", "analysis", "anthropic/claude-opus-4.6", 41, 2),
                count("balanced", "chat", "ollama/qwen3:4b", 38, 0),
                count("private", "writing", "ollama/qwen3:4b", 12, 0),
              ]
            : [];
        return { from, to, decisions: counts.reduce((sum, { decisions }) => sum + decisions, 0), counts };
      }),
    simulateFault: (what) =>
      later(() => {
        const [provider = ""] = what.on.split("/");
        if (!world().providers.some(({ id }) => id === provider))
          error(`there is no provider \`${provider}\`; name one, or one of its models as \`provider/model\``);
        forget();
        const routes = state();
        routes.ids += 1;
        const until = new Date(Date.now() + what.forMs).toISOString();
        const simulation: Simulation = { id: routes.ids, what, until, seen: 0, befell: 0 };
        routes.simulations.push(simulation);
        changed("routing");
        return simulation;
      }),
    listSimulations: () =>
      later(() => {
        forget();
        return state().simulations;
      }),
    endSimulations: (id) =>
      later(() => {
        const routes = state();
        const before = routes.simulations.length;
        routes.simulations = id === null ? [] : routes.simulations.filter((one) => one.id !== id);
        changed("routing");
        return before - routes.simulations.length;
      }),
  };
}

const isRoute = (target: string) => target === "auto" || target.startsWith("auto:");

function routesOf(door: Door): Routes {
  const world = door.world();
  return (world.routes ??= begin(world.scene === "full"));
}

const policiesOf = ({ own }: Routes): Policy[] =>
  [...(Object.keys(profiles) as Profile[]).map((profile) => policyOf(profile))]
    .filter(({ name }) => own.every((one) => one.name !== name))
    .concat(own)
    .sort((a, b) => (a.name < b.name ? -1 : 1));

function check(policy: Policy): void {
  if (!/^[a-z0-9-]{1,60}$/.test(policy.name)) error("a policy's name has small letters, digits and `-` only");
  if (policy.strategy === "priority" && policy.order.length === 0)
    error('the strategy `priority` needs an `order`, such as ["local/*", "openrouter/*"]');
  if (Object.values(policy.weights).every((weight) => !weight)) error("at least one weight is more than 0");
  const word = policy.score?.match(/[a-z_]+/g)?.find((name) => !expressible.includes(name));
  if (word) error(`the expression names \`${word}\`; it may name ${expressible.slice(0, 13).join(", ")}`);
  if (policy.score !== null && /[+\-*/^]\s*$/.test(policy.score))
    error("the expression cannot be read: an operator has nothing at its right");
}

const expressible =
  "quality speed cost availability reliability context preference complexity strength input_tokens output_tokens usd first_s min max ln exp sqrt".split(
    " ",
  );

function breakers({ broken }: Routes): BreakerView[] {
  return broken.map(({ target, at, failures, byHand }) => {
    const waitMs = Math.max(0, at + MINUTE_MS - Date.now());
    return {
      target,
      key: target.startsWith("ollama/") ? "" : "f3a9",
      state: waitMs > 0 ? "open" : "halfOpen",
      failures,
      waitMs: waitMs > 0 ? waitMs : null,
      byHand,
    };
  });
}

/** The decision that an answer of a route has. */
export function decisionOf(door: Door, requested: string, prompt: string): Decision {
  const routes = routesOf(door);
  const name = requested === "auto" ? routes.default : requested.slice("auto:".length);
  const policy = policiesOf(routes).find((one) => one.name === name) ?? policyOf("balanced");
  const trial: RouteTrial = { prompt, policy: null, needs: [], maxTokens: null, important: false };
  return { ...decide(door, policy, trial), requested };
}

/** Whom a route asks in this engine. */
export const servedBy = (door: Door, requested: string, prompt: string): string =>
  isRoute(requested) ? (decisionOf(door, requested, prompt).order[0] ?? requested) : requested;

const fits = (pattern: string, target: string) =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(target);

function decide(door: Door, policy: Policy, trial: RouteTrial): Decision {
  const world = door.world();
  const of = classified(trial.prompt);
  const inputTokens = Math.ceil(trial.prompt.length / 4);
  const bars = breakers(routesOf(door));
  const candidates: Candidate[] = models(world.providers).flatMap((model): Candidate[] => {
    const provider = world.providers.find(({ id }) => model.target.startsWith(`${id}/`));
    if (!provider?.configured && !provider?.loopback) return [];
    const bar = bars.find(({ target }) => target === model.target);
    const parts = partsOf(model, policy, of, inputTokens);
    const cost = costOf(model, inputTokens);
    const quality = known[model.target]?.[0];
    const excluded =
      model.simulated && !policy.allow.some((one) => fits(one, model.target))
        ? "its answers are made up; a policy that allows `simulated/*` takes it"
        : !provider.enabled
          ? "its provider is off"
          : policy.allow.length > 0 && !policy.allow.some((one) => fits(one, model.target))
            ? `the policy \`${policy.name}\` allows others only`
            : policy.deny.some((one) => fits(one, model.target))
              ? `the policy \`${policy.name}\` denies it`
              : policy.localOnly && !provider.loopback
                ? `the policy \`${policy.name}\` asks this machine only`
                : [...policy.require, ...(trial.needs ?? [])].some((ability) => ability === "vision")
                  ? `it is not known to read images, which the policy \`${policy.name}\` requires`
                  : policy.maxCost !== null && (cost === null || cost > Number(policy.maxCost))
                    ? cost === null
                      ? `its price is not known, and the policy \`${policy.name}\` has a cap on costs`
                      : `$${cost.toFixed(6)} expected, more than $${Number(policy.maxCost).toFixed(6)}`
                    : policy.minQuality !== null && (quality ?? 0.5) < policy.minQuality
                      ? `its quality is ${(quality ?? 0.5).toFixed(2)}, less than ${policy.minQuality.toFixed(2)}`
                      : bar?.state === "open"
                        ? `it failed three times in a row and is left alone for ${Math.ceil((bar.waitMs ?? 0) / 1_000)} s more`
                        : null;
    if (excluded !== null) return [{ target: model.target, excluded, score: null, parts: [] }];
    return [{ target: model.target, excluded: null, score: scoreOf(parts), parts }];
  });
  candidates.sort((a, b) => (b.score ?? -1) - (a.score ?? -1));
  const ranked = candidates.filter(({ score }) => score !== null);
  const order = ranked.map(({ target }) => target);
  if (policy.strategy === "priority") {
    const place = (target: string) => {
      const at = policy.order.findIndex((one) => fits(one, target));
      return at < 0 ? policy.order.length : at;
    };
    order.sort((a, b) => place(a) - place(b));
  }
  const first = order[0];
  const why =
    policy.strategy === "priority"
      ? "comes first in the policy's order"
      : `scores best with ${(ranked[0]?.score ?? 0).toFixed(2)}`;
  const fixed = order.toSorted((a, b) => (known[b]?.[0] ?? 0) - (known[a]?.[0] ?? 0))[0];
  return {
    requested: `auto:${policy.name}`,
    order,
    reason: first
      ? `\`${first}\` ${why}, of ${ranked.length} that can answer and ${candidates.length} in all; policy \`${policy.name}\`, ${of.class} of complexity ${of.complexity.toFixed(2)}`
      : `none of ${candidates.length} targets can answer by the policy \`${policy.name}\`; each says why`,
    candidates,
    routed: {
      policy: policy.name,
      strategy: policy.strategy,
      ...of,
      inputTokens,
      fixed: fixed ?? null,
      explored: false,
      important: trial.important ?? false,
      kept: false,
      seed: 7,
      at: new Date().toISOString(),
    },
  };
}

function costOf({ prices }: Model, inputTokens: number): number | null {
  if (prices.input === null || prices.output === null) return null;
  return (inputTokens * Number(prices.input) + 500 * Number(prices.output)) / 1e6;
}

function partsOf(
  model: Model,
  policy: Policy,
  of: { class: PromptClass; strength: number },
  inputTokens: number,
): ScorePart[] {
  const [quality, first, rate] = known[model.target] ?? [undefined, 0.9, 60];
  const whole = first + 500 / rate;
  const cost = costOf(model, inputTokens);
  const health = model.target.startsWith("openrouter/") ? 0.93 : 0.99;
  const values: Partial<Record<ScoreName, [number, string]>> = {
    quality: [
      quality ?? 0.5,
      quality ? `published for ${of.class}` : "nothing is published of it; taken for the middle",
    ],
    speed: [
      Math.max(0, 1 - Math.log(Math.max(1, whole / 0.3)) / Math.log(400)),
      `first word after ${first.toFixed(1)} s, ${rate} tokens/s, whole answer in ${whole.toFixed(1)} s (112 calls)`,
    ],
    cost: [
      cost === null ? 0.35 : cost <= 1e-6 ? 1 : Math.max(0, 1 - Math.log10(cost / 1e-6) / 6),
      cost === null
        ? "its price is not known; taken for a high one"
        : cost === 0
          ? "free"
          : `$${cost.toFixed(6)} expected`,
    ],
    availability: [health, `${(health * 100).toFixed(0)} % of the time (112 calls)`],
    reliability: [health, `${(health * 100).toFixed(0)} % of answers came to their end (112 calls)`],
    context: [
      Math.min(1, Math.log2(Math.max(1, (model.contextWindow ?? 8_192) / 8_192)) / 8),
      `${model.contextWindow ?? "unknown"} tokens`,
    ],
  };
  const adapted = { ...policy.weights };
  if (policy.adapt) {
    adapted.quality = (adapted.quality ?? 0) * (0.4 + 1.2 * of.strength);
    adapted.cost = (adapted.cost ?? 0) * (1.6 - 1.2 * of.strength);
  }
  const sum = Object.values(adapted).reduce<number>((all, weight) => all + (weight ?? 0), 0);
  const parts = Object.entries(values).flatMap(([name, [value, because]]): ScorePart[] => {
    const weight = (adapted[name as keyof Weights] ?? 0) / sum;
    if (policy.score !== null) return [{ name: name as ScoreName, value, weight: 0, because }];
    return weight > 0 ? [{ name: name as ScoreName, value, weight, because }] : [];
  });
  if (policy.score !== null) {
    // Sums of products are what this engine can read.
    const value = policy.score.split("+").reduce((all, term) => {
      const factors = term
        .split("*")
        .map((one) => values[one.trim() as ScoreName]?.[0] ?? (Number(one) || 0));
      return all + factors.reduce((product, one) => product * one, 1);
    }, 0);
    parts.push({ name: "expression", value, weight: 1, because: policy.score });
  } else if (model.target === "anthropic/claude-sonnet-4.6") {
    // Opinions correct how good it is taken to be, and count as much as that.
    const [published, taken] = [values.quality?.[0] ?? 0.5, 0.92];
    parts.push({
      name: "preference",
      value: taken - published,
      weight: parts.find(({ name }) => name === "quality")?.weight ?? 0,
      because: `86 % liked, of 41.0 opinions that still count, where 0.62 was needed: taken for ${taken.toFixed(2)}`,
    });
  }
  return parts;
}

function scoreOf(parts: readonly ScorePart[]): number {
  const sum = parts.reduce((all, { value, weight }) => all + (value ?? 0) * (weight ?? 0), 0);
  if (parts.some(({ name }) => name === "expression")) return sum;
  const of = (name: ScoreName) => parts.find((one) => one.name === name)?.value ?? 1;
  return sum * of("availability") * of("reliability");
}

/** Two waves about a mean, with hours between in which nobody was asked. */
const courseOf = (mean: number, hours: number, turn: number): LearnedPoint[] =>
  Array.from({ length: hours }, (_, i) => ({
    hour: new Date(Math.floor(Date.now() / HOUR_MS - hours + 1 + i) * HOUR_MS).toISOString(),
    mean: mean * (1 + 0.12 * Math.sin((i + turn * 5) / 7) + 0.05 * Math.sin(i / 2.3)),
    weight: 8 + ((i + turn) % 9),
  })).filter((_, i) => (i + turn) % 6 !== 3);

function learned({ forgotten }: Routes, full: boolean, hours = 0): LearnedTarget[] {
  if (!full) return [];
  const classes: (PromptClass | null)[] = [null, "code", "chat", "analysis"];
  return Object.entries(known).flatMap(([target, [quality, first, rate]], i) =>
    forgotten.includes(target) || target.startsWith("openai/") || target.startsWith("gemini/")
      ? []
      : classes.map((of, j): LearnedTarget => {
          const drift = 1 + ((i * 7 + j * 3) % 5) / 12;
          const health = target.startsWith("openrouter/") ? 0.93 : 0.995;
          const measure = (name: string, mean: number, weight: number) => ({
            measure: name,
            mean,
            weight: weight / (j + 1),
            course: courseOf(mean, hours, i + j),
          });
          return {
            target,
            class: of,
            at: new Date(Date.now() - (i * 13 + j) * 600_000).toISOString(),
            measures: [
              measure("firstMs", first * drift * 1_000, 24),
              measure("tokensPerSecond", rate / drift, 24),
              measure("available", health, 24),
              measure("reliable", Math.min(1, health + 0.004), 23),
              ...(target.startsWith("anthropic/") ? [measure("costRatio", 0.82 * drift, 18)] : []),
              ...(quality > 0.4 ? [measure("liked", Math.min(1, quality * 0.95), 41)] : []),
              ...(hours > 0 ? [measure("score", 0.4 + quality / 3, 24)] : []),
            ],
          };
        }),
  );
}
