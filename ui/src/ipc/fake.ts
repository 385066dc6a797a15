/**
 * An engine in memory, for a plain browser and for tests. It keeps the real one's promises: gapless numbers,
 * snapshots, immutable answers, runs that go on while the page is reloaded. Its answers are made up, and their
 * text is a function of the time since they were asked, which is how they survive a reload.
 */
import type {
  Branch,
  Changed,
  Completion,
  CompletionState,
  Conversation,
  EventBatch,
  EventItem,
  Message,
  Metrics,
  Model,
  Part,
  StartRun,
  StartedRun,
} from "./bindings";
import type { Ipc } from "./index";
import {
  attempts,
  cost,
  exchanges,
  found,
  isTerminal,
  noMetrics,
  noUsage,
  opened,
  say,
  textOf,
  type Row,
  type Run,
  type World,
} from "./fake/rows";
import { columns, type Asked, type Door } from "./fake/columns";
import { data } from "./fake/data";
import { finding } from "./fake/finding";
import { forest } from "./fake/forest";
import { gateway } from "./fake/gateway";
import { insights } from "./fake/insights";
import { judging } from "./fake/judging";
import { keys } from "./fake/keys";
import { described, many } from "./fake/many";
import { media } from "./fake/media";
import { catalog } from "./fake/catalog";
import { moving } from "./fake/moving";
import { routing, servedBy } from "./fake/routing";
import { script } from "./fake/script";
import { tree } from "./fake/tree";
import { models, providers, titles, type Scene } from "./fake/world";

const FRAME_MS = 30;
export type FakeOptions = { scene?: Scene; storage?: Storage | null };

export function fake(options: FakeOptions = {}): Ipc {
  const asked = new URLSearchParams(globalThis.location?.search ?? "").get("scene");
  const scene = options.scene ?? (asked === "fresh" ? "fresh" : "full");
  const storage = options.storage === undefined ? globalThis.sessionStorage : options.storage;
  return new FakeEngine(scene, storage).ipc();
}

class FakeEngine {
  private world: World;
  private listeners = new Map<string, Set<(batch: EventBatch) => void>>();
  private watchers = new Set<(changed: Changed) => void>();
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    scene: Scene,
    private storage: Storage | null,
  ) {
    const kept = storage?.getItem("engine");
    const world = kept ? (JSON.parse(kept) as World) : undefined;
    this.world = world?.scene === scene ? world : this.begin(scene);
    if (this.liveRows().length > 0) this.wake();
  }

  private begin(scene: Scene): World {
    this.world = {
      scene,
      ids: 0,
      conversations: [],
      deleted: [],
      messages: [],
      branches: [],
      runs: [],
      rows: [],
      prefs: {},
      providers: providers(scene),
    };
    if (scene === "full") this.fill();
    return this.world;
  }

  /** A past: some conversations, each a turn or two old. */
  private fill(): void {
    const day = 86_400_000;
    const ask = (text: string, targets: string[], at: number, conversation?: string) => {
      const view = conversation ? this.branchesOf(conversation) : [];
      const started = this.start(
        {
          conversation: conversation ?? null,
          parts: [{ type: "text", text }],
          columns: targets.map((target, i) => ({ branch: view[i]?.id ?? null, target })),
        },
        at,
      );
      this.tick(at + 600_000);
      return started.conversation;
    };
    titles.forEach((title, i) => {
      const id = ask(
        title,
        ["simulated/steady", "simulated/fast"],
        Date.now() - (titles.length - i) * day * 0.7,
      );
      this.conversation(id).title = title;
    });
    this.interrupt(titles[2] ?? "");
    const targets = [
      "anthropic/claude-sonnet-4.6",
      "simulated/reasoning",
      "openrouter/meta-llama/llama-3.3-70b-instruct:free",
    ];
    const id = ask(
      "What can go wrong when a client retries a POST that the server already applied?",
      targets,
      Date.now() - 900_000,
    );
    const retry = this.conversation(id);
    retry.title = "Retry policy for flaky upstreams";
    retry.pinned = true;
    for (const [i, branch] of this.branchesOf(id).entries()) if (i === 2) branch.target = "simulated/limited";
    ask(
      "How should a Rust client retry a call that fails with 429 or 503? Give me the rule, the code, a table of delays and the notice in Arabic.",
      [targets[0] ?? "", targets[1] ?? "", "simulated/limited"],
      Date.now() - 600_000,
      id,
    );
    this.branchesOf(id).forEach(
      (branch, i) => (branch.target = [targets[0], targets[1], "simulated/limited"][i] ?? null),
    );
  }

  /** As if the process had died while the first answer of this conversation was written. */
  private interrupt(title: string): void {
    const id = this.world.conversations.find((c) => c.title === title)?.id;
    const row = this.world.rows.find((r) => this.message(r.message).conversationId === id);
    if (!row) return;
    const message = this.message(row.message);
    const [part] = message.parts;
    if (part?.type === "text") part.text = part.text.slice(0, 310);
    message.status = "interrupted";
    row.completion.state = { state: "interrupted" };
    row.completion.metrics = {
      ...row.completion.metrics,
      durationMs: null,
      usage: noUsage,
      usageBy: null,
      cost: null,
    };
  }

  ipc(): Ipc {
    const later = async <T>(value: () => T): Promise<T> => {
      await Promise.resolve();
      return structuredClone(value());
    };
    const door = this.door(later);
    const calls = gateway(door);
    return {
      ...keys(door),
      ...data(door),
      ...media(door),
      ...moving(door),
      ...catalog(door, () => models(this.world.providers)),
      ...columns(door),
      ...tree({
        ...door,
        view: (message) => this.view(message),
        id: () => this.id(),
        addMessage: (...of) => this.addMessage(...of),
        addConversation: (title) => this.addConversation(title),
      }),
      ...forest(later),
      ...finding(door),
      ...judging(door),
      ...calls,
      ...insights(calls, () =>
        (this.world.filed?.folders ?? []).map(({ id, name }) => ({
          id,
          name,
          caps: this.world.filed?.caps?.[id] ?? [],
        })),
      ),
      ...routing(door),
      openConversation: (id) =>
        later(() => ({
          conversation: this.conversation(id),
          columns: this.columns(id),
          liveRuns: this.world.runs
            .filter((run) => run.conversation === id && this.isLive(run))
            .map((run) => run.id),
        })),
      pathPage: (branch, before, limit) =>
        later(() => {
          const path = this.path(this.branch(branch).tip).filter((m) => before === null || m.depth < before);
          return path.slice(-limit).map((m) => this.view(m));
        }),
      startRun: (request) => later(() => this.start(request, Date.now())),
      attachRun: async (run, since, listener) => this.attach(run, since, listener),
      stopCompletion: (id) => later(() => this.stop([id])),
      stopRun: (id) => later(() => this.stop(this.run(id).completions)),
      retryCompletion: (id) => later(() => this.again(id, false)),
      continueCompletion: (id) => later(() => this.again(id, true)),
      listModels: () => later((): Model[] => [...described(models(this.world.providers)), ...many()]),
      refreshModels: () => later(() => this.changed("models")),
      exchanges: (id) => later(() => exchanges(this.row(id), this.message(this.row(id).message))),
      renameConversation: (id, title) =>
        later(() => {
          this.conversation(id).title = title;
          return this.changed("conversations", `conversation:${id}`);
        }),
      deleteConversation: (id) =>
        later(() => {
          this.world.deleted.push(id);
          return this.changed("conversations");
        }),
      restoreConversation: (id) =>
        later(() => {
          this.world.deleted = this.world.deleted.filter((other) => other !== id);
          return this.changed("conversations");
        }),
      engineStatus: () =>
        later(() => ({
          version: "0.1.0",
          home: "memory",
          saved: true,
          storageProblem: null,
          configProblem: null,
          streaming: this.liveRows().length,
        })),
      watchChanges: async (listener) => {
        this.watchers.add(listener);
        return null;
      },
      prefs: {
        load: () => later(() => this.world.prefs),
        set: async (name, value) => {
          this.world.prefs[name] = value;
          this.keep();
        },
      },
    };
  }

  /** What the other parts of this engine need of it. */
  private door(later: Door["later"]): Door {
    return {
      later,
      world: () => this.world,
      changed: (...tags) => this.changed(...tags),
      conversation: (id) => this.conversation(id),
      branch: (id) => this.branch(id),
      message: (id) => this.message(id),
      row: (id) => this.row(id),
      branchesOf: (id) => this.branchesOf(id),
      path: (tip) => this.path(tip),
      /** Starts answers to prompts that are there already, each on a branch of its own choice. */
      answer: (asked) => this.answerAgain(asked),
    };
  }

  // Asking

  private start(request: StartRun, at: number): StartedRun {
    if (request.columns.length === 0)
      throw Object.assign(new Error("choose at least one model"), { kind: "bad_request" });
    const prompt = request.parts.map((p) => (p.type === "text" ? p.text : "")).join("");
    const time = new Date(at).toISOString();
    let id = request.conversation ?? null;
    if (!id) {
      id = this.addConversation(prompt.split("\n")[0]?.slice(0, 60) || "New conversation", time);
    }
    const conversation = this.conversation(id);
    const head = conversation.head ? this.branch(conversation.head).tip : null;
    const run: Run = { id: this.id(), seq: 0, conversation: id, completions: [] };
    this.world.runs.push(run);
    const said = new Map<string | null, Message>();
    const columns = request.columns.map((column, ord) => {
      const branch = column.branch
        ? this.branch(column.branch)
        : this.addBranch(conversation, column.target, head);
      branch.target = column.target;
      branch.params = column.params ?? {};
      branch.system = column.system ?? branch.system;
      let user = said.get(branch.tip);
      if (!user)
        said.set(
          branch.tip,
          (user = this.addMessage(conversation.id, branch.tip, "user", request.parts, time)),
        );
      return this.answer(run, ord, branch, user, column.target, prompt, at);
    });
    conversation.updatedAt = time;
    this.wake();
    this.changed("conversations", `conversation:${id}`);
    return { run: run.id, conversation: id, columns };
  }

  private answer(
    run: Run,
    ord: number,
    branch: Branch,
    user: Message,
    target: string,
    prompt: string,
    at: number,
    from = "",
  ) {
    const time = new Date(at).toISOString();
    const message = this.addMessage(
      run.conversation,
      user.id,
      "assistant",
      from ? [{ type: "text", text: from }] : [],
      time,
    );
    message.status = "streaming";
    branch.tip = message.id;
    const completion: Completion = {
      id: this.id(),
      runId: run.id,
      ord,
      branchId: branch.id,
      messageId: message.id,
      requested: target,
      served: null,
      params: branch.params,
      state: { state: "queued" },
      metrics: noMetrics,
      createdAt: time,
    };
    message.completionId = completion.id;
    this.world.rows.push({
      completion,
      message: message.id,
      prompt,
      from,
      startedAt: at,
      told: 0,
      attempts: 0,
    });
    run.completions.push(completion.id);
    return { completion: completion.id, branch: branch.id, message: message.id, target };
  }

  private again(id: string, goOn: boolean): StartedRun {
    const old = this.row(id);
    const message = this.message(old.message);
    const user = this.message(message.parentId ?? "");
    const branch = this.branch(old.completion.branchId ?? "");
    const run: Run = { id: this.id(), seq: 0, conversation: message.conversationId, completions: [] };
    this.world.runs.push(run);
    const from = goOn ? message.parts.map((p) => (p.type === "text" ? p.text : "")).join("") : "";
    const column = this.answer(run, 0, branch, user, old.completion.requested, old.prompt, Date.now(), from);
    this.wake();
    this.changed("conversations", `conversation:${message.conversationId}`);
    return { run: run.id, conversation: message.conversationId, columns: [column] };
  }

  private answerAgain(asked: readonly Asked[]): StartedRun {
    const conversation = this.message(asked[0]?.prompt ?? "").conversationId;
    const run: Run = { id: this.id(), seq: 0, conversation, completions: [] };
    this.world.runs.push(run);
    const columns = asked.map(({ prompt, target, branch, params, text }, ord) => {
      const user = this.message(prompt);
      const at = branch
        ? this.branch(branch)
        : this.addBranch(this.conversation(conversation), target, user.id);
      at.target = target;
      if (params) at.params = params;
      return this.answer(run, ord, at, user, target, text ?? textOf(user), Date.now());
    });
    this.wake();
    this.changed("conversations", `conversation:${conversation}`);
    return { run: run.id, conversation, columns };
  }

  private stop(ids: string[]): null {
    for (const id of ids) {
      const row = this.row(id);
      if (isTerminal(row.completion.state)) continue;
      this.advance(row, Date.now(), true);
    }
    return null;
  }

  // Time

  private wake(): void {
    this.timer ??= setInterval(() => this.tick(Date.now()), FRAME_MS);
  }

  private tick(now: number): void {
    for (const row of this.liveRows()) this.advance(row, now, false);
    if (this.liveRows().length === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
    this.keep();
  }

  /** Says everything that is due. */
  private advance(row: Row, now: number, stop: boolean): void {
    const { steps, attempts } = script(row.completion.requested, row.prompt, row.from);
    const message = this.message(row.message);
    const { completion } = row;
    const items: EventItem[] = [];
    while (row.told < steps.length && (steps[row.told]?.ms ?? 0) <= now - row.startedAt) {
      const step = steps[row.told++];
      if (!step) break;
      if ("attempt" in step) {
        row.attempts = step.attempt;
        completion.state = { state: "streaming" };
        completion.served ??= servedBy(
          this.door(async (value) => value()),
          completion.requested,
          row.prompt,
        );
        if (step.attempt === 1) items.push(...opened(row));
        items.push({
          op: "attempt",
          completion: completion.id,
          number: step.attempt,
          target: completion.served,
        });
      } else if ("said" in step) {
        if (completion.metrics.ttftMs === null) {
          completion.metrics = { ...completion.metrics, ttftMs: step.ms };
          items.push({ op: "figures", completion: completion.id, metrics: completion.metrics });
        }
        items.push(...say(message, completion.id, step.said));
      } else {
        row.attempts = attempts;
        this.end(
          row,
          step.end,
          {
            ...completion.metrics,
            durationMs: step.ms,
            usage: step.usage,
            usageBy: "reported",
            cost: cost(completion.served ?? completion.requested, step.usage),
          },
          items,
        );
      }
    }
    if (stop && !isTerminal(completion.state)) {
      const output = Math.ceil(textOf(message).length / 4);
      const usage = { ...noUsage, input: 24 + Math.ceil(row.prompt.length / 4), output };
      const metrics: Metrics = {
        ...completion.metrics,
        durationMs: now - row.startedAt,
        usage,
        usageBy: "estimated",
        cost: cost(completion.requested, usage, true),
      };
      this.end(row, { state: "stopped" }, metrics, items);
    }
    this.tell(this.run(completion.runId), items);
  }

  private end(row: Row, state: CompletionState, metrics: Metrics, items: EventItem[]): void {
    const { completion } = row;
    const message = this.message(row.message);
    completion.state = state;
    completion.metrics = metrics;
    message.status =
      state.state === "complete" ? "complete" : state.state === "failed" ? "failed" : "stopped";
    items.push({ op: "end", completion: completion.id, ...state, metrics, attempts: row.attempts });
    queueMicrotask(() => this.changed("conversations", `conversation:${message.conversationId}`));
  }

  // Telling

  private tell(run: Run, items: EventItem[]): void {
    if (items.length === 0) return;
    run.seq += 1;
    const batch: EventBatch = { run: run.id, seq: run.seq, kind: "live", items };
    for (const listener of this.listeners.get(run.id) ?? []) listener(structuredClone(batch));
  }

  /** Always a snapshot first: this engine keeps no old batches. */
  private attach(id: string, since: number, listener: (batch: EventBatch) => void): null {
    const run = this.run(id);
    if (since < run.seq || since === 0) {
      const pieces = run.completions.map((completion) => this.snapshot(this.row(completion)));
      pieces.forEach((items, i) =>
        listener(
          structuredClone({
            run: id,
            seq: run.seq,
            kind: i === pieces.length - 1 ? "snapshotEnd" : "snapshot",
            items,
          }),
        ),
      );
    }
    const listeners = this.listeners.get(id) ?? new Set();
    this.listeners.set(id, listeners.add(listener));
    return null;
  }

  private snapshot(row: Row): EventItem[] {
    const { completion } = row;
    const items: EventItem[] = [{ op: "reset", completion: completion.id }];
    if (row.attempts > 0)
      items.push({
        op: "attempt",
        completion: completion.id,
        number: row.attempts,
        target: completion.requested,
      });
    this.message(row.message).parts.forEach((part, i) => {
      const [kind, label, text] =
        part.type === "toolCall"
          ? (["toolCall", part.name, part.arguments] as const)
          : part.type === "reasoning"
            ? (["reasoning", "", part.text] as const)
            : part.type === "image"
              ? (["media", part.mediaType, ""] as const)
              : (["text", "", part.type === "text" ? part.text : ""] as const);
      items.push({ op: "open", completion: completion.id, part: i, kind, text: label });
      if (text) items.push({ op: "append", completion: completion.id, part: i, at: 0, text });
    });
    items.push({ op: "figures", completion: completion.id, metrics: completion.metrics });
    if (isTerminal(completion.state))
      items.push({
        op: "end",
        completion: completion.id,
        ...completion.state,
        metrics: completion.metrics,
        attempts: row.attempts,
      });
    return items;
  }

  private changed(...tags: string[]): null {
    this.keep();
    for (const watcher of this.watchers) watcher({ tags });
    return null;
  }

  private keep(): void {
    this.storage?.setItem("engine", JSON.stringify(this.world));
  }

  // Looking

  private columns(id: string) {
    return this.branchesOf(id)
      .filter((branch) => branch.shown)
      .map((branch) => {
        const path = this.path(branch.tip);
        return { branch, length: path.length, messages: path.slice(-20).map((m) => this.view(m)) };
      });
  }

  private view(message: Message) {
    const siblings = this.world.messages.filter(
      (m) => m.parentId === message.parentId && m.conversationId === message.conversationId,
    );
    const row = this.world.rows.find((r) => r.message === message.id);
    return {
      message,
      completion: row?.completion ?? null,
      attempts: row ? attempts(row) : [],
      sibling: siblings.indexOf(message),
      siblings: siblings.length,
      merge: (this.world.merges ?? []).some((merge) => merge.message === message.id),
    };
  }

  // Rows

  private id(): string {
    this.world.ids += 1;
    return `0198c0de-0000-7000-8000-${String(this.world.ids).padStart(12, "0")}`;
  }

  private addConversation(title: string, time = new Date().toISOString()): string {
    const id = this.id();
    const rest = { source: "window" as const, head: null, system: null, pinned: false, archived: false };
    this.world.conversations.push({ id, title, ...rest, createdAt: time, updatedAt: time });
    return id;
  }

  private addBranch(conversation: Conversation, target: string, tip: string | null): Branch {
    const ord = this.branchesOf(conversation.id).length;
    const branch: Branch = {
      id: this.id(),
      conversationId: conversation.id,
      name: target,
      kind: ord === 0 ? "main" : "column",
      tip,
      target,
      params: {},
      system: null,
      ord,
      pinned: false,
      shown: true,
      scroll: 0,
    };
    this.world.branches.push(branch);
    conversation.head ??= branch.id;
    return branch;
  }

  private addMessage(
    conversationId: string,
    parentId: string | null,
    role: Message["role"],
    parts: Part[],
    createdAt: string,
  ): Message {
    const depth = parentId ? this.message(parentId).depth + 1 : 0;
    const message: Message = {
      id: this.id(),
      conversationId,
      parentId,
      depth,
      role,
      parts: structuredClone(parts),
      status: "complete",
      hash: null,
      completionId: null,
      continuesId: null,
      createdAt,
    };
    this.world.messages.push(message);
    return message;
  }

  private path(tip: string | null): Message[] {
    const path: Message[] = [];
    for (let at = tip; at; at = path[0]?.parentId ?? null) path.unshift(this.message(at));
    return path;
  }

  private liveRows = () => this.world.rows.filter((row) => !isTerminal(row.completion.state));
  private isLive = (run: Run) => run.completions.some((id) => !isTerminal(this.row(id).completion.state));
  private branchesOf = (id: string) => this.world.branches.filter((b) => b.conversationId === id);
  private conversation = (id: string) =>
    found(
      this.world.conversations.find((c) => c.id === id),
      `conversation ${id}`,
    );
  private branch = (id: string) =>
    found(
      this.world.branches.find((b) => b.id === id),
      `branch ${id}`,
    );
  private message = (id: string) =>
    found(
      this.world.messages.find((m) => m.id === id),
      `message ${id}`,
    );
  private run = (id: string) =>
    found(
      this.world.runs.find((r) => r.id === id),
      `run ${id}`,
    );
  private row = (id: string) =>
    found(
      this.world.rows.find((r) => r.completion.id === id),
      `completion ${id}`,
    );
}
