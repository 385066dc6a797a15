/** Calls that made-up tools made through the made-up gateway: a function of their number and of the time. */
import type { Attempt, CompletionState, ErrorKind, Exchange, TrafficCall, TrafficQuery } from "../bindings";
import type { Ipc } from "../index";
import type { Door } from "./columns";
import type { Gated } from "./gateway";
import { decisionOf } from "./routing";
import { found, noUsage } from "./rows";

export type Traffic = Pick<Ipc, "listTraffic" | "trafficCall" | "trafficFacets">;

/** How many there were before the window opened, over which time, and how often another comes. */
const PAST = 640;
const PAST_MS = 20 * 86_400_000;
const EVERY_MS = 4_000;
const PAGE = 100;

type Tool = {
  key: number;
  name: string;
  client: string;
  route: string;
  asks: string[];
  tokens: number;
};
const tools: readonly Tool[] = [
  {
    key: 1,
    name: "claude-code",
    client: "claude-cli/2.0.51 (external, cli)",
    route: "/v1/messages",
    asks: ["claude-sonnet-4.6", "claude-sonnet-4.6", "anthropic/claude-opus-4.6"],
    tokens: 18_000,
  },
  {
    key: 2,
    name: "aider",
    client: "OpenAI/Python 2.6.0",
    route: "/v1/chat/completions",
    asks: ["cheap-code", "anthropic/claude-sonnet-4.6", "openrouter/meta-llama/llama-3.3-70b-instruct:free"],
    tokens: 9_000,
  },
  {
    key: 3,
    name: "zed",
    client: "Zed/0.214.5",
    route: "/v1/responses",
    asks: ["ollama/qwen3:4b", "auto:private"],
    tokens: 1_100,
  },
  {
    key: 4,
    name: "cron-nightly",
    client: "python-httpx/0.28.1",
    route: "/v1/embeddings",
    asks: ["ollama/gemma3:270m"],
    tokens: 6_700,
  },
];

const serves: Record<string, string> = {
  "claude-sonnet-4.6": "anthropic/claude-sonnet-4.6",
  "auto:private": "ollama/qwen3:4b",
  "cheap-code": "openrouter/meta-llama/llama-3.3-70b-instruct:free",
};

type Made = TrafficCall & { text: string; fails: ErrorKind | null; tool: Tool };

export function traffic(door: Door, state: () => Gated) {
  const { later, world, changed } = door;
  let told = -1;
  let timer: ReturnType<typeof setInterval> | undefined;

  const makes = (n: number, at: number): Made => {
    const random = dice(n + 11);
    const tool = tools[[0, 0, 1, 1, 2, 0, 3, 2][Math.floor(random() * 8)] ?? 0] ?? (tools[0] as Tool);
    const requested = tool.asks[Math.floor(random() * tool.asks.length)] ?? "";
    const luck = random();
    const fails: ErrorKind | null = luck < 0.03 ? "overloaded" : luck < 0.045 ? "rate_limited" : null;
    const fellBack = !fails && luck < 0.085;
    const stopped = !fails && luck > 0.985;
    const embeds = tool.route === "/v1/embeddings";
    const first = Math.round(90 + random() * 900 + (fellBack ? 1_400 : 0));
    const took = fails ? 964 : embeds ? first : first + Math.round(random() ** 2 * 14_000);
    const now = Date.now();
    const live = at + took > now;
    const input = Math.round(tool.tokens * (0.3 + random()));
    const output = embeds ? 0 : Math.round(60 + random() * 900);
    const cached = random() < 0.5 ? Math.round(input * 0.8) : 0;
    const served = fellBack ? "anthropic/claude-opus-4.6" : (serves[requested] ?? requested);
    const usd = served.startsWith("anthropic/")
      ? (input - cached) * 3e-6 + cached * 3e-7 + output * 1.5e-5
      : 0;
    const counted = !fails && !live;
    const current: CompletionState = live
      ? { state: "streaming" }
      : fails
        ? { state: "failed", error: failure(fails) }
        : stopped
          ? { state: "stopped" }
          : { state: "complete", stop: "stop" };
    const captured = tool.name !== "cron-nightly" && !fails && !live;
    const answers = captured ? answersOf() : [];
    const answer = answers[n % Math.max(1, answers.length)];
    const id = String(n).padStart(12, "0");
    return {
      run: `00000000-0000-7000-8007-${id}`,
      completion: `00000000-0000-7000-8008-${id}`,
      kind: embeds ? "embed" : "ask",
      origin: "gateway",
      at: new Date(at).toISOString(),
      key: `00000000-0000-7000-8009-${String(tool.key).padStart(12, "0")}`,
      keyName: tool.name,
      client: tool.client,
      request: `req_${(0x1f3a9c0b + n * 7_919).toString(36)}`,
      route: tool.route,
      stream: !embeds,
      requested,
      served: fails ? null : served,
      state: current,
      status: live ? null : fails === "overloaded" ? 503 : fails ? 429 : stopped ? 499 : 200,
      metrics: {
        ttftMs: fails || embeds || at + first > now ? null : first,
        durationMs: live ? null : took,
        usage: counted ? { ...noUsage, input: input - cached, output, cachedRead: cached || null } : noUsage,
        usageBy: counted ? "reported" : null,
        cost: counted ? { usd: usd.toFixed(9).replace(/\.?0+$/, ""), estimated: stopped } : null,
      },
      attempts: fellBack ? 3 : fails ? 2 : 1,
      cached: null,
      idempotencyKey: null,
      conversation: answer?.conversationId ?? null,
      message: answer?.id ?? null,
      text: "Which calls may a client send again after a 503, and how long should it wait before it does?",
      fails,
      tool,
    };
  };

  /** Answers that can stand for what was captured. */
  const answersOf = () =>
    world().messages.filter(({ role, status }) => role === "assistant" && status === "complete");

  const all = (): Made[] => {
    const { epoch, since } = state();
    if (world().scene !== "full" && since === null) return [];
    // A past that is older is thinner.
    const past =
      world().scene !== "full"
        ? []
        : Array.from({ length: PAST }, (_, i) =>
            makes(i, epoch - (PAST - i) * 9_000 - ((PAST - i) / PAST) ** 3 * PAST_MS),
          );
    const now = Date.now();
    const fresh =
      since === null
        ? []
        : Array.from({ length: Math.floor((now - since) / EVERY_MS) }, (_, i) =>
            makes(PAST + Math.floor((since - epoch) / EVERY_MS) + i, since + (i + 1) * EVERY_MS),
          );
    return [...past, ...fresh].reverse();
  };

  /** Tells of new calls, and of those that have ended. */
  const watch = () => {
    timer ??= setInterval(() => {
      if (state().since === null) return;
      const now = Math.floor(Date.now() / 1_500);
      if (now !== told) changed("traffic");
      told = now;
    }, 500);
  };

  const commands: Traffic = {
    listTraffic: (query) =>
      later(() => {
        watch();
        const fitting = all().filter((call) => fits(call, query));
        const from = query.after ? fitting.findIndex((call) => call.completion === query.after) + 1 : 0;
        const page = fitting.slice(from, from + (query.limit ?? PAGE));
        const more = from + page.length < fitting.length;
        return { calls: page.map(plain), next: more ? (page.at(-1)?.completion ?? null) : null };
      }),
    trafficCall: (id) =>
      later(() => {
        const call = found(
          all().find(({ completion }) => completion === id),
          `call ${id}`,
        );
        const kept = call.tool.name !== "cron-nightly";
        const conversation = world().conversations.find((c) => c.id === call.conversation);
        return {
          call: plain(call),
          title: conversation?.title ?? null,
          body: kept ? JSON.stringify(bodyOf(call)) : null,
          decision: /^auto(:|$)/.test(call.requested)
            ? { ...decisionOf(door, call.requested, call.text) }
            : {
                requested: call.requested,
                order: [call.served ?? call.requested],
                reason:
                  call.attempts > 1 ? "the first that was asked had no capacity" : "as the request names it",
                candidates: [],
              },
          attempts: attemptsOf(call).map((attempt) => ({
            attempt,
            exchange: kept ? exchangeOf(call, attempt) : null,
          })),
        };
      }),
    trafficFacets: () =>
      later(() => {
        const calls = all();
        const of = (pick: (call: Made) => string | null) =>
          [...new Set(calls.map(pick).filter((each) => each !== null))].sort();
        return {
          clients: of((call) => call.client),
          requested: of((call) => call.requested),
          served: of((call) => call.served),
        };
      }),
  };
  return { commands, running: () => all().filter(({ state }) => state.state === "streaming").length };
}

const failure = (kind: ErrorKind) => ({
  kind,
  message:
    kind === "overloaded"
      ? "the provider has no capacity now; ask another target, or try again later"
      : "too many requests within a minute; wait 12 s, or ask another target",
  retryAfterMs: null,
});

function fits(call: Made, query: TrafficQuery): boolean {
  const has = (part: string | null | undefined, text: string | null) =>
    !part || (text ?? "").toLowerCase().includes(part.toLowerCase());
  const { usage, ttftMs, durationMs, cost } = call.metrics;
  const tokens = Object.values(usage).reduce<number>((sum, n) => sum + (n ?? 0), 0);
  const outcome =
    call.state.state === "queued" || call.state.state === "streaming" ? "running" : call.state.state;
  const any = `${call.request} ${call.client} ${call.keyName} ${call.requested} ${call.served} ${call.fails ?? ""}`;
  return (
    (!query.from || call.at >= query.from) &&
    (!query.until || call.at < query.until) &&
    (!query.key || call.key === query.key) &&
    has(query.client, call.client) &&
    has(query.requested, call.requested) &&
    has(query.served, call.served) &&
    has(query.text, any) &&
    (!query.outcomes?.length || query.outcomes.includes(outcome)) &&
    (!query.errors?.length || (call.fails !== null && query.errors.includes(call.fails))) &&
    (!query.status ||
      call.status === query.status ||
      Math.floor((call.status ?? 0) / 100) === query.status) &&
    (!query.minTtftMs || (ttftMs ?? 0) >= query.minTtftMs) &&
    (!query.minDurationMs || (durationMs ?? 0) >= query.minDurationMs) &&
    (!query.minTokens || tokens >= query.minTokens) &&
    (!query.minCost || Number(cost?.usd ?? 0) >= Number(query.minCost)) &&
    (query.cached === undefined || query.cached === null || query.cached === (usage.cachedRead ?? 0) > 0) &&
    (query.fromCache === undefined ||
      query.fromCache === null ||
      query.fromCache === (call.cached !== null)) &&
    (query.fellBack === undefined || query.fellBack === null || query.fellBack === call.attempts > 1)
  );
}

/** Without what only this engine knows of it. */
function plain(made: Made): TrafficCall {
  const call: Partial<Made> = { ...made };
  delete call.text;
  delete call.fails;
  delete call.tool;
  return call as TrafficCall;
}

function bodyOf({ route, requested, text, stream }: Made): unknown {
  switch (route) {
    case "/v1/messages":
      return {
        model: requested,
        max_tokens: 8192,
        stream,
        system: "You are a coding assistant in a terminal.",
        messages: [{ role: "user", content: text }],
      };
    case "/v1/responses":
      return { model: requested, input: text, stream };
    case "/v1/embeddings":
      return { model: requested, input: [text] };
    default:
      return { model: requested, stream, messages: [{ role: "user", content: text }], temperature: 0 };
  }
}

function attemptsOf(call: Made): Attempt[] {
  const at = Date.parse(call.at);
  const whole = call.metrics.durationMs ?? Date.now() - at;
  let begins = 4;
  return Array.from({ length: call.attempts }, (_, ord) => {
    const last = ord === call.attempts - 1;
    const failed = !last || call.fails !== null;
    const target =
      (failed && !call.fails ? (serves[call.requested] ?? call.requested) : call.served) ?? call.requested;
    const slash = target.indexOf("/");
    const ends = failed ? Math.round(Math.min(310, whole / call.attempts)) : whole - begins;
    const from = begins;
    begins += ends + 340;
    return {
      id: `00000000-0000-7000-800a-${call.completion.slice(-10)}${String(ord).padStart(2, "0")}`,
      completionId: call.completion,
      ord,
      provider: slash > 0 ? target.slice(0, slash) : "anthropic",
      model: target.slice(slash + 1),
      httpStatus: failed ? (call.fails === "rate_limited" ? 429 : 529) : (call.status ?? 200),
      outcome: failed ? "failed" : call.state.state === "streaming" ? "running" : "complete",
      errorKind: failed ? (call.fails ?? "overloaded") : null,
      startedAt: new Date(at + from).toISOString(),
      headersMs: failed ? ends : Math.round(((call.metrics.ttftMs ?? whole) - from) * 0.8),
      firstMs:
        failed || call.metrics.ttftMs === null ? null : Math.max(20, (call.metrics.ttftMs ?? 0) - from),
      endedMs: call.state.state === "streaming" && !failed ? null : ends,
      usage: failed ? noUsage : call.metrics.usage,
      usageBy: failed ? null : call.metrics.usageBy,
      cost: failed ? "0" : (call.metrics.cost?.usd ?? null),
    };
  });
}

function exchangeOf(call: Made, attempt: Attempt): Exchange {
  const failed = attempt.outcome === "failed";
  const path = call.tool.route.replace(/^\/v1/, "");
  const said = "Only those that change nothing, or that carry an idempotency key.";
  return {
    attempt: attempt.id,
    method: "POST",
    url: `https://api.${attempt.provider}.example/v1${path}`,
    requestHeaders: [
      ["content-type", "application/json"],
      ["authorization", "Bearer [redacted …f3a9]"],
      ["user-agent", call.client ?? ""],
    ],
    requestBody: JSON.stringify({ ...(bodyOf(call) as object), model: attempt.model }),
    status: attempt.httpStatus,
    responseHeaders: [
      ["content-type", failed || !call.stream ? "application/json" : "text/event-stream"],
      ["request-id", `up_${attempt.id.slice(-6)}`],
    ],
    responseBody: failed
      ? JSON.stringify({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } })
      : call.stream
        ? said
            .split(" ")
            .map((word) => `data: ${JSON.stringify({ delta: { text: `${word} ` } })}\n\n`)
            .join("")
        : JSON.stringify({ object: "list", data: [{ index: 0, embedding: [0.012, -0.34, 0.08] }] }),
    responseCut: false,
  };
}

/** Numbers from 0 to 1 that look random and are always the same. */
function dice(seed: number): () => number {
  let x = Math.imul(seed, 2_654_435_761) >>> 0;
  return () => {
    x = (x + 0x6d2b79f5) >>> 0;
    let t = Math.imul(x ^ (x >>> 15), 1 | x);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
