/** What the fake engine keeps, and what it says of it. */
import type {
  Attempt,
  Bookmark,
  Branch,
  Completion,
  CompletionState,
  Conversation,
  EventItem,
  Message,
  Metrics,
  Part,
  ProviderStatus,
  Usage,
} from "../bindings";
import type { Filed } from "./finding";
import type { Cataloged } from "./catalog";
import type { Gated } from "./gateway";
import type { Judged } from "./judging";
import type { Routes } from "./routing";
import type { Said } from "./script";
import type { Gone, Merge } from "./tree";
import type { Scene } from "./world";

export type Row = {
  completion: Completion;
  message: string;
  prompt: string;
  from: string;
  startedAt: number;
  told: number;
  attempts: number;
};
export type Run = { id: string; seq: number; conversation: string; completions: string[] };
export type World = {
  scene: Scene;
  ids: number;
  conversations: Conversation[];
  deleted: string[];
  messages: Message[];
  branches: Branch[];
  runs: Run[];
  rows: Row[];
  providers: ProviderStatus[];
  prefs: Record<string, unknown>;
  drafts?: Record<string, Part[]>;
  bookmarks?: Bookmark[];
  merges?: Merge[];
  gone?: Gone[];
  /** Where the lines below siblings were left. */
  lefts?: Record<string, { tip: string; scroll: number }>;
  filed?: Filed;
  judged?: Judged;
  gated?: Gated;
  catalog?: Cataloged;
  routes?: Routes;
};

export const noUsage: Usage = {
  input: null,
  output: null,
  cachedRead: null,
  cachedWrite: null,
  reasoning: null,
};
export const noMetrics: Metrics = {
  ttftMs: null,
  durationMs: null,
  usage: noUsage,
  usageBy: null,
  cost: null,
};

export const isTerminal = (state: CompletionState) => state.state !== "queued" && state.state !== "streaming";

export const textOf = (message: Message) =>
  message.parts.map((p) => (p.type === "text" ? p.text : "")).join("");

/** Adds to a message and says so, the way the real engine's items do. */
export function say(message: Message, completion: string, { part, kind, label, text }: Said): EventItem[] {
  const items: EventItem[] = [];
  let there = message.parts[part];
  if (!there) {
    there =
      kind === "toolCall"
        ? { type: "toolCall", id: `call-${part}`, name: label, arguments: "" }
        : kind === "reasoning"
          ? { type: "reasoning", text: "" }
          : kind === "media"
            ? { type: "image", mediaType: label, source: { kind: "blob", hash: "0".repeat(64), size: 70 } }
            : { type: "text", text: "" };
    message.parts[part] = there;
    items.push({ op: "open", completion, part, kind, text: label });
  }
  if (kind === "media") return items;
  const before =
    there.type === "toolCall"
      ? there.arguments
      : there.type === "text" || there.type === "reasoning"
        ? there.text
        : "";
  items.push({ op: "append", completion, part, at: before.length, text });
  if (there.type === "toolCall") there.arguments += text;
  else if (there.type === "text" || there.type === "reasoning") there.text += text;
  return items;
}

/** A continued answer begins with the text that it goes on from. */
export function opened({ completion, from }: Row): EventItem[] {
  if (!from) return [];
  return [
    { op: "open", completion: completion.id, part: 0, kind: "text", text: "" },
    { op: "append", completion: completion.id, part: 0, at: 0, text: from },
  ];
}

/** Three kinds of cost, so that every way of showing one is seen: free, exact, unknown. */
export function cost(target: string, usage: Usage, estimated = false): Metrics["cost"] {
  const provider = target.split("/")[0];
  if (provider === "gemini") return null;
  if (provider === "simulated" || provider === "ollama" || target.endsWith(":free"))
    return { usd: "0", estimated: false };
  const usd = ((usage.input ?? 0) * 3 + ((usage.output ?? 0) + (usage.reasoning ?? 0)) * 15) / 1_000_000;
  return { usd: usd.toFixed(9).replace(/\.?0+$/, ""), estimated };
}

export function found<T>(row: T | undefined, what: string): T {
  if (row === undefined) throw Object.assign(new Error(`there is no ${what}`), { kind: "not_found" });
  return row;
}

export function attempts(row: Row): Attempt[] {
  return Array.from({ length: row.attempts }, (_, ord) => {
    const failed = ord < row.attempts - 1 || row.completion.state.state === "failed";
    const target = (row.completion.served ?? row.completion.requested).split("/");
    return {
      id: `${row.completion.id}-${ord}`,
      completionId: row.completion.id,
      ord,
      provider: target[0] ?? "",
      model: target.slice(1).join("/"),
      httpStatus: failed ? 429 : 200,
      outcome: failed ? "failed" : "complete",
      errorKind: failed ? "rate_limited" : null,
      startedAt: new Date(row.startedAt + ord * 700).toISOString(),
      headersMs: 80,
      firstMs: null,
      endedMs: null,
      usage: noUsage,
      usageBy: null,
      cost: null,
    };
  });
}

/** What was sent and came back, call by call. */
export function exchanges(row: Row, message: Message) {
  const { id } = row.completion;
  const body = JSON.stringify({
    model: row.completion.requested,
    stream: true,
    messages: [{ role: "user", content: row.prompt }],
  });
  return Array.from({ length: row.attempts }, (_, ord) => ({
    attempt: `${id}-${ord}`,
    method: "POST",
    url: "https://example.test/v1/chat/completions",
    requestHeaders: [
      ["content-type", "application/json"],
      ["authorization", "Bearer [redacted …f3a9]"],
    ] as [string, string][],
    requestBody: body,
    status: ord === row.attempts - 1 && row.completion.state.state !== "failed" ? 200 : 429,
    responseHeaders: [["content-type", "text/event-stream"]] as [string, string][],
    responseBody: `data: ${JSON.stringify({ choices: [{ delta: { content: textOf(message).slice(0, 40) } }] })}\n\ndata: [DONE]\n\n`,
    responseCut: false,
  }));
}
