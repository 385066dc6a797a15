/** A past for the made-up engine in which every place that shows foreign text holds a payload. */
import type { Branch, Completion, CompletionState, Message, Part } from "../../src/ipc/bindings";
import { noMetrics, type World } from "../../src/ipc/fake/rows";

const AT = "2026-01-01T00:00:00.000Z";
export const WIDTH = 8;

const empty = (): World => ({
  scene: "fresh",
  ids: 1_000_000,
  conversations: [],
  deleted: [],
  messages: [],
  branches: [],
  runs: [],
  rows: [],
  providers: [],
  prefs: {},
});

export const nameOf = (batch: number) => `Batch ${String(batch).padStart(3, "0")}`;

/** One conversation for each eight texts: they answer, think, call tools, name files, and then fail. */
export function past(texts: string[], providers: World["providers"]): World {
  const world = { ...empty(), providers };
  for (let at = 0, batch = 0; at < texts.length; at += WIDTH, batch++)
    add(world, nameOf(batch), texts.slice(at, at + WIDTH), (text) => ({
      asked: [
        { type: "text", text },
        ...(["text/plain", "application/pdf"] as const).map((mediaType): Part => ({
          type: "file",
          mediaType,
          name: text,
          source: blob,
        })),
      ],
      said: [
        { type: "reasoning", text },
        { type: "toolCall", id: "call", name: text, arguments: text },
        { type: "toolCall", id: "call-json", name: "search", arguments: JSON.stringify({ [text]: text }) },
        { type: "toolResult", callId: "call", name: text, text, isError: true },
        { type: "image", mediaType: "image/png", source: { kind: "url", url: "%SINK%/part.png" } },
        { type: "image", mediaType: "image/svg+xml", source: { kind: "inline", data: btoa(svg) } },
        {
          type: "file",
          mediaType: text.slice(0, 60),
          name: text,
          source: { kind: "url", url: "%SINK%/part.bin" },
        },
        { type: "raw", dialect: "anthropic-messages", json: JSON.stringify({ type: text, text }) },
        ...cited(text),
        { type: "text", text },
      ],
      target: `simulated/${text}`,
      // A failed answer keeps what it said.
      state: { state: "failed", error: { kind: "upstream", message: text, retryAfterMs: null } },
    }));
  return world;
}

/** Conversations that are called so. */
export function titled(titles: string[]): World {
  const world = empty();
  for (const title of titles)
    world.conversations.push({
      id: id(world),
      title,
      source: "window",
      head: null,
      system: title,
      pinned: false,
      archived: false,
      createdAt: AT,
      updatedAt: AT,
    });
  return world;
}

/** One conversation whose columns are being written as the page opens: `now` is its time. */
export function live(texts: string[], providers: World["providers"], now: number): World {
  const world = { ...empty(), providers };
  add(world, "Live", texts, (text, i) => ({
    asked: [{ type: "text", text: "Speak." }],
    said: [],
    target: `simulated/fast?tps=1500&ttft=400&n=${i}`,
    state: { state: "queued" },
    prompt: `/echo ${text}`,
    now,
  }));
  return world;
}

const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="hit()"><script>hit()</script></svg>`;
const blob = { kind: "blob", hash: "1".padStart(64, "0"), size: 3 } as const;

/** What was found on the web, as three dialects tell it. */
function cited(text: string): Part[] {
  const at = { url: text, uri: text, title: text, cited_text: text };
  const raw = (dialect: "anthropic-messages" | "openai-responses" | "gemini", told: unknown): Part => ({
    type: "raw",
    dialect,
    json: JSON.stringify(told),
  });
  return [
    raw("anthropic-messages", { type: "citations", chars: 4, spans: [{ from: 0, to: 4, citations: [at] }] }),
    raw("openai-responses", { type: "citations", chars: 4, annotations: [{ type: "url_citation", ...at }] }),
    raw("gemini", { groundingMetadata: { groundingChunks: [{ web: at }] } }),
  ];
}

type Turn = {
  asked: Part[];
  said: Part[];
  target: string;
  state: CompletionState;
  prompt?: string;
  now?: number;
};

function add(world: World, title: string, texts: string[], turn: (text: string, i: number) => Turn): void {
  const conversationId = id(world);
  const run = { id: id(world), seq: 0, conversation: conversationId, completions: [] as string[] };
  const branches = texts.map((text, ord): Branch => {
    const { asked, said, target, state, prompt = text, now = Date.parse(AT) } = turn(text, ord);
    const user = message(world, conversationId, null, "user", asked);
    const answer = message(world, conversationId, user, "assistant", said);
    if (state.state === "queued") answer.status = "streaming";
    if (state.state === "failed") answer.status = "failed";
    const branch: Branch = {
      id: id(world),
      conversationId,
      name: target,
      kind: ord === 0 ? "main" : "column",
      tip: answer.id,
      target,
      params: { stop: [text], extra: JSON.stringify({ text }) },
      system: text,
      ord,
      pinned: false,
      shown: true,
      scroll: 0,
    };
    const completion: Completion = {
      id: id(world),
      runId: run.id,
      ord,
      branchId: branch.id,
      messageId: answer.id,
      requested: target,
      served: state.state === "queued" ? null : `simulated/served ${text}`,
      params: branch.params,
      state,
      metrics: noMetrics,
      createdAt: AT,
    };
    answer.completionId = completion.id;
    run.completions.push(completion.id);
    const done = state.state !== "queued";
    world.rows.push({
      completion,
      message: answer.id,
      prompt,
      from: "",
      startedAt: now,
      told: done ? 1_000_000 : 0,
      attempts: done ? 1 : 0,
    });
    return branch;
  });
  world.branches.push(...branches);
  world.runs.push(run);
  world.conversations.push({
    id: conversationId,
    title,
    source: "window",
    head: branches[0]?.id ?? null,
    system: null,
    pinned: false,
    archived: false,
    createdAt: AT,
    updatedAt: AT,
  });
}

function message(
  world: World,
  conversationId: string,
  parent: Message | null,
  role: Message["role"],
  parts: Part[],
): Message {
  const made: Message = {
    id: id(world),
    conversationId,
    parentId: parent?.id ?? null,
    depth: parent ? parent.depth + 1 : 0,
    role,
    parts,
    status: "complete",
    hash: null,
    completionId: null,
    continuesId: null,
    createdAt: AT,
  };
  world.messages.push(made);
  return made;
}

function id(world: World): string {
  world.ids += 1;
  return `0198c0de-0000-7000-9000-${String(world.ids).padStart(12, "0")}`;
}
