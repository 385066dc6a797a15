/** Columns, drafts and asking again, in the engine that is made up. */
import type { Branch, Conversation, Message, Params, Part, StartedRun } from "../bindings";
import type { Ipc } from "../index";
import { decisionOf } from "./routing";
import type { Row, World } from "./rows";

/** An answer that a prompt of the past gets. */
export type Asked = {
  prompt: string;
  target: string;
  branch: string | null;
  params?: Params | null;
  /** What is asked, where that is not what the prompt says. */
  text?: string;
};

/** The made-up engine, as its parts see it. */
export interface Door {
  later: <T>(value: () => T) => Promise<T>;
  world: () => World;
  changed: (...tags: string[]) => null;
  conversation: (id: string) => Conversation;
  branch: (id: string) => Branch;
  message: (id: string) => Message;
  row: (id: string) => Row;
  branchesOf: (id: string) => Branch[];
  path: (tip: string | null) => Message[];
  answer: (asked: readonly Asked[]) => StartedRun;
}

type Columns = Pick<
  Ipc,
  | "addTargets"
  | "arrangeColumns"
  | "askAgain"
  | "completionDetails"
  | "estimate"
  | "loadDraft"
  | "saveDraft"
  | "setArchived"
  | "setColumn"
  | "setConversationSystem"
  | "setPinned"
>;

export function columns(door: Door): Columns {
  const { later, changed } = door;
  return {
    addTargets: ({ prompt, columns: asked }) =>
      later(() =>
        door.answer(
          asked.map(({ target, params }) => ({ prompt, target, branch: null, params: params ?? null })),
        ),
      ),
    askAgain: ({ answers }) =>
      later(() =>
        door.answer(
          answers.map(({ completion, target, params }) => {
            const old = door.row(completion);
            return {
              prompt: door.message(old.message).parentId ?? "",
              target: target ?? old.completion.requested,
              branch: old.completion.branchId,
              params: params ?? null,
            };
          }),
        ),
      ),
    arrangeColumns: (id, order) =>
      later(() => {
        for (const branch of door.branchesOf(id)) branch.ord = order.indexOf(branch.id);
        door.world().branches.sort((a, b) => a.ord - b.ord);
        return changed(`conversation:${id}`);
      }),
    completionDetails: (id) =>
      later(() => {
        const { completion } = door.row(id);
        const branch = completion.branchId ? door.branch(completion.branchId) : null;
        const system = branch?.system ?? (branch ? door.conversation(branch.conversationId).system : null);
        return {
          system: system || null,
          decision: /^auto(:|$)/.test(completion.requested)
            ? decisionOf(door, completion.requested, door.row(id).prompt)
            : {
                requested: completion.requested,
                order: [completion.requested],
                reason: "named by its provider and model",
                candidates: [{ target: completion.requested, excluded: null, score: null }],
              },
        };
      }),
    estimate: ({ conversation, parts, columns: asked, system }) =>
      later(() => {
        const said = (all: readonly Part[]) =>
          all.reduce((sum, part) => sum + ("text" in part ? part.text.length : 4_000), 0);
        return asked.map(({ target, branch }) => {
          const path = branch && conversation ? door.path(door.branch(branch).tip) : [];
          const text = path.reduce((sum, m) => sum + said(m.parts), said(parts) + (system?.length ?? 0));
          const input = Math.ceil(text / 4);
          const free = target.startsWith("simulated/") || target.startsWith("ollama/");
          const cost = free ? "0" : target.startsWith("openrouter/") ? null : String(input * 3e-6 + 0.0075);
          // The smallest of them, so that a long prompt is seen not to fit.
          const contextWindow = target === "ollama/gemma3:270m" ? 32_768 : 200_000;
          return { target, input, output: 500, cost, contextWindow };
        });
      }),
    loadDraft: (conversation) => later(() => door.world().drafts?.[conversation ?? "new"] ?? []),
    saveDraft: (conversation, parts) =>
      later(() => {
        const { world } = door;
        world().drafts = { ...world().drafts, [conversation ?? "new"]: parts };
        return changed();
      }),
    setArchived: (id, archived) =>
      later(() => {
        door.conversation(id).archived = archived;
        return changed("conversations", `conversation:${id}`);
      }),
    setColumn: (id, { target, params, system }) =>
      later(() => {
        const branch = door.branch(id);
        Object.assign(branch, { target, params, system });
        return changed(`conversation:${branch.conversationId}`);
      }),
    setConversationSystem: (id, system) =>
      later(() => {
        door.conversation(id).system = system;
        return changed(`conversation:${id}`);
      }),
    setPinned: (id, pinned) =>
      later(() => {
        door.conversation(id).pinned = pinned;
        return changed("conversations", `conversation:${id}`);
      }),
  };
}
