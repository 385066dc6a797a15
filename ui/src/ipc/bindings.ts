// Provisional, in the shape that tauri-specta generates; `cargo xtask bindings` writes over it.
import { Channel, invoke as __TAURI_INVOKE } from "@tauri-apps/api/core";

export const commands = {
  listConversations: (text: string | null) => __TAURI_INVOKE<ConversationSummary[]>("list_conversations", { text }),
  openConversation: (id: ConversationId) => __TAURI_INVOKE<ConversationView>("open_conversation", { id }),
  pathPage: (branch: BranchId, beforeDepth: number | null, limit: number) =>
    __TAURI_INVOKE<MessageView[]>("path_page", { branch, beforeDepth, limit }),
  startRun: (request: StartRun) => __TAURI_INVOKE<StartedRun>("start_run", { request }),
  attachRun: (run: RunId, since: number, to: Channel<EventBatch>) => __TAURI_INVOKE<null>("attach_run", { run, since, to }),
  stopCompletion: (completion: CompletionId) => __TAURI_INVOKE<null>("stop_completion", { completion }),
  stopRun: (run: RunId) => __TAURI_INVOKE<null>("stop_run", { run }),
  retryCompletion: (completion: CompletionId) => __TAURI_INVOKE<StartedRun>("retry_completion", { completion }),
  continueCompletion: (completion: CompletionId) => __TAURI_INVOKE<StartedRun>("continue_completion", { completion }),
  listModels: () => __TAURI_INVOKE<Model[]>("list_models"),
  listProviders: () => __TAURI_INVOKE<ProviderStatus[]>("list_providers"),
  testProvider: (id: ProviderId) => __TAURI_INVOKE<ProviderCheck>("test_provider", { id }),
  refreshModels: () => __TAURI_INVOKE<null>("refresh_models"),
  setSessionKey: (provider: ProviderId, key: string) => __TAURI_INVOKE<null>("set_session_key", { provider, key }),
  removeSessionKey: (provider: ProviderId) => __TAURI_INVOKE<null>("remove_session_key", { provider }),
  exchanges: (completion: CompletionId) => __TAURI_INVOKE<Exchange[]>("exchanges", { completion }),
  renameConversation: (id: ConversationId, title: string) => __TAURI_INVOKE<null>("rename_conversation", { id, title }),
  deleteConversation: (id: ConversationId) => __TAURI_INVOKE<null>("delete_conversation", { id }),
  restoreConversation: (id: ConversationId) => __TAURI_INVOKE<null>("restore_conversation", { id }),
  engineStatus: () => __TAURI_INVOKE<EngineStatus>("engine_status"),
  loadPreferences: () => __TAURI_INVOKE<Partial<{ [key in string]: string }>>("load_preferences"),
  savePreference: (key: string, json: string) => __TAURI_INVOKE<null>("save_preference", { key, json }),
  watchChanges: (to: Channel<Changed>) => __TAURI_INVOKE<null>("watch_changes", { to }),
};

export type AskColumn = { branch?: BranchId | null; target: Target; params?: Params };
export type Attempt = {
  id: AttemptId; completionId: CompletionId; ord: number; provider: string; model: string; httpStatus: number | null;
  outcome: AttemptOutcome; errorKind: ErrorKind | null; startedAt: Timestamp; headersMs: number | null; firstMs: number | null;
  endedMs: number | null; usage: Usage; usageBy: UsageBy | null; cost: NanoUsd | null;
};
export type AttemptId = string;
export type AttemptOutcome = "running" | "complete" | "failed" | "cancelled" | "interrupted";
export type BatchKind = "live" | "snapshot" | "snapshotEnd";
export type Branch = {
  id: BranchId; conversationId: ConversationId; name: string; kind: BranchKind; tip: MessageId | null; target: Target | null;
  params: Params; system: string | null; ord: number;
};
export type BranchId = string;
export type BranchKind = "main" | "column" | "named";
export type Capabilities = {
  vision: boolean | null; tools: boolean | null; json: boolean | null; reasoning: boolean | null; embeddings: boolean | null;
};
export type Changed = { tags: string[] };
export type ColumnView = { branch: Branch; length: number; messages: MessageView[] };
export type Completion = {
  id: CompletionId; runId: RunId; ord: number; branchId: BranchId | null; messageId: MessageId | null; requested: Target;
  served: Target | null; params: Params; state: CompletionState; metrics: Metrics; createdAt: Timestamp;
};
export type CompletionId = string;
export type CompletionState =
  | { state: "queued" }
  | { state: "streaming" }
  | { state: "complete"; stop: Stop }
  | { state: "failed"; error: Failure }
  | { state: "stopped" }
  | { state: "interrupted" };
export type Conversation = {
  id: ConversationId; title: string; source: ConversationSource; head: BranchId | null; system: string | null; pinned: boolean;
  archived: boolean; createdAt: Timestamp; updatedAt: Timestamp;
};
export type ConversationId = string;
export type ConversationSource = "window" | "cli" | "gateway" | "import";
export type ConversationSummary = {
  id: ConversationId; title: string; createdAt: Timestamp; updatedAt: Timestamp; messages: number; branches: number;
  source: ConversationSource; pinned: boolean; archived: boolean; streaming: number;
};
export type ConversationView = { conversation: Conversation; columns: ColumnView[]; liveRuns: RunId[] };
export type Cost = { usd: NanoUsd; estimated: boolean };
export type Dialect = "openai-chat" | "openai-responses" | "anthropic-messages" | "gemini" | "ollama" | "simulated";
export type EngineStatus = {
  version: string; home: string; saved: boolean; storageProblem: string | null; configProblem: string | null; streaming: number;
};
export type ErrorKind =
  | "auth" | "permission" | "not_found" | "bad_request" | "context_length" | "content_filter" | "rate_limited" | "overloaded"
  | "timeout" | "network" | "cancelled" | "budget" | "quota" | "upstream";
export type EventBatch = { run: RunId; seq: number; kind: BatchKind; items: EventItem[] };
export type EventItem =
  | { op: "reset"; completion: CompletionId }
  | { op: "attempt"; completion: CompletionId; number: number; target: Target }
  | { op: "open"; completion: CompletionId; part: number; kind: PartKind; text: string }
  | { op: "append"; completion: CompletionId; part: number; at: number; text: string }
  | { op: "figures"; completion: CompletionId; metrics: Metrics }
  | ({ op: "end" } & LiveEnd);
export type Exchange = {
  attempt: AttemptId; method: string; url: string; requestHeaders: [string, string][]; requestBody: string; status: number | null;
  responseHeaders: [string, string][]; responseBody: string; responseCut: boolean;
};
export type Failure = { kind: ErrorKind; message: string; retryAfterMs: number | null };
export type Hash = string;
export type IpcError = { kind: string; message: string };
export type KeyState = "notNeeded" | "present" | "missing" | "locked" | "noKeychain" | "unknown";
export type LiveEnd = { completion: CompletionId; metrics: Metrics; attempts: number } & CompletionState;
export type MediaSource = { kind: "blob"; hash: Hash; size: number } | { kind: "inline"; data: string } | { kind: "url"; url: string };
export type Message = {
  id: MessageId; conversationId: ConversationId; parentId: MessageId | null; depth: number; role: Role; parts: Part[];
  status: MessageStatus; hash: Hash | null; completionId: CompletionId | null; continuesId: MessageId | null; createdAt: Timestamp;
};
export type MessageId = string;
export type MessageStatus = "streaming" | "complete" | "stopped" | "interrupted" | "failed";
export type MessageView = {
  message: Message; completion: Completion | null; attempts: Attempt[]; sibling: number; siblings: number;
};
export type Metrics = {
  ttftMs: number | null; durationMs: number | null; usage: Usage; usageBy: UsageBy | null; cost: Cost | null;
};
export type Model = {
  target: Target; name: string; contextWindow: number | null; outputLimit: number | null; prices: Prices;
  capabilities: Capabilities; available: boolean; simulated: boolean;
};
export type NanoUsd = string;
export type Params = {
  temperature?: number | null; topP?: number | null; maxTokens?: number | null; stop?: string[]; seed?: number | null;
  extra?: string | null;
};
export type Part =
  | { type: "text"; text: string }
  | { type: "image"; mediaType: string; source: MediaSource }
  | { type: "file"; mediaType: string; name?: string | null; source: MediaSource }
  | { type: "reasoning"; text: string; signature?: string | null; sealed?: string | null; id?: string | null }
  | { type: "toolCall"; id: string; name: string; arguments: string; signature?: string | null }
  | { type: "toolResult"; callId: string; name?: string | null; text: string; isError: boolean }
  | { type: "raw"; dialect: Dialect; json: string };
export type PartKind = "text" | "reasoning" | "toolCall" | "media";
export type Prices = {
  input: NanoUsd | null; output: NanoUsd | null; cachedRead: NanoUsd | null; cachedWrite: NanoUsd | null; reasoning: NanoUsd | null;
};
export type ProviderCheck = {
  provider: ProviderId; ok: boolean; steps: ProviderCheckStep[]; models: string[]; problem: Failure | null;
};
export type ProviderCheckStep = { name: string; ok: boolean; detail: string };
export type ProviderId = string;
export type ProviderStatus = {
  id: ProviderId; name: string; dialect: Dialect; baseUrl: string; enabled: boolean; loopback: boolean; key: KeyState;
  keyVariable: string | null; models: string[]; problem: Failure | null;
};
export type Role = "system" | "user" | "assistant" | "tool";
export type RunId = string;
export type StartedColumn = { completion: CompletionId; branch: BranchId; message: MessageId; target: Target };
export type StartedRun = { run: RunId; conversation: ConversationId; columns: StartedColumn[] };
export type StartRun = { conversation?: ConversationId | null; parts: Part[]; columns: AskColumn[]; system?: string | null };
export type Stop = "stop" | "length" | "toolCalls" | "contentFilter" | "refusal" | "pause" | "other";
export type Target = string;
export type Timestamp = string;
export type Usage = {
  input: number | null; output: number | null; cachedRead: number | null; cachedWrite: number | null; reasoning: number | null;
};
export type UsageBy = "reported" | "estimated";
