/** What can be done with a tree, in the engine that is made up. Deleted messages leave the world with their deletion. */
import type {
  Bookmark,
  Branch,
  BranchSummary,
  ColumnOf,
  Deletion,
  DeletionCount,
  DeleteWhat,
  Message,
  MessageView,
  SynthesisKind,
} from "../bindings";
import type { Ipc } from "../index";
import type { Door } from "./columns";
import { noUsage, textOf, type World } from "./rows";
import { difference, label, overview, passages } from "./trees";

type Trees = Pick<
  Ipc,
  | "saveEdit"
  | "editAndAsk"
  | "forkBranch"
  | "forkConversation"
  | "listBranches"
  | "renameBranch"
  | "pinBranch"
  | "activateBranch"
  | "deleteBranch"
  | "keepScroll"
  | "showColumns"
  | "siblings"
  | "showMessage"
  | "messages"
  | "compareLines"
  | "diff"
  | "takeSide"
  | "synthesize"
  | "provenance"
  | "replayBranch"
  | "countDeletion"
  | "deleteMessages"
  | "listDeletions"
  | "restoreDeletion"
  | "eraseDeletion"
  | "setBookmark"
  | "removeBookmark"
  | "listBookmarks"
  | "treeOverview"
  | "stepSibling"
>;

/** What was deleted, with what is needed to bring it back. */
export type Gone = {
  deletion: Deletion;
  messages: Message[];
  branches: Branch[];
  moved: { branch: string; from: string | null; to: string | null }[];
  head: string | null;
};
export type Merge = {
  message: string;
  sources: string[];
  how: SynthesisKind | null;
  instruction: string | null;
};

export type TreeDoor = Door & {
  view: (message: Message) => MessageView;
  id: () => string;
  addMessage: (
    conversation: string,
    parent: string | null,
    role: Message["role"],
    parts: Message["parts"],
    at: string,
  ) => Message;
  addConversation: (title: string) => string;
};

const bad = (text: string) => Object.assign(new Error(text), { kind: "badInput" });
const month = 30 * 86_400_000;

export function tree(door: TreeDoor): Trees {
  const { later, changed, world } = door;
  const gone = (): Gone[] => (world().gone ??= []);
  const bookmarks = (): Bookmark[] => (world().bookmarks ??= []);
  const merges = (): Merge[] => (world().merges ??= []);
  const lefts = (): NonNullable<World["lefts"]> => (world().lefts ??= {});
  const tell = (id: string) => changed("conversations", `conversation:${id}`);
  const now = () => new Date().toISOString();
  const through = (branch: Branch, message: string) => door.path(branch.tip).some((m) => m.id === message);
  const below = (root: string) => {
    const all = new Set([root]);
    for (const m of world().messages) if (m.parentId && all.has(m.parentId)) all.add(m.id);
    return all;
  };
  const siblingsOf = ({ parentId, conversationId }: Message) =>
    world().messages.filter((m) => m.parentId === parentId && m.conversationId === conversationId);
  /** Where the line through a message ends: where it was left, else its newest end. */
  const endOf = (id: string): string => {
    const left = lefts()[id];
    if (left && world().messages.some((m) => m.id === left.tip)) return left.tip;
    let at = id;
    for (let next; (next = world().messages.findLast((m) => m.parentId === at));) at = next.id;
    return at;
  };
  /** A branch goes back to its own line, where it asked below that message. */
  const endFor = (branch: Branch, message: Message): string => {
    const end = endOf(message.id);
    const own = world().messages.filter(
      (m) =>
        m.parentId === message.id &&
        world().rows.find((r) => r.message === m.id)?.completion.branchId === branch.id,
    );
    const newest = own.at(-1);
    return !newest || door.path(end).some((m) => own.includes(m)) ? end : endOf(newest.id);
  };
  const leave = (branch: Branch, to: Message, scroll: number | null) => {
    const old = door.path(branch.tip).find((m) => m.depth === to.depth);
    if (old && old.id !== to.id && branch.tip) lefts()[old.id] = { tip: branch.tip, scroll: scroll ?? 0 };
  };
  const makeBranch = (conversation: string, tip: string, like: Branch | undefined, rest: Partial<Branch>) => {
    const branch: Branch = {
      id: door.id(),
      conversationId: conversation,
      name: like?.target ?? "column",
      kind: "column",
      target: like?.target ?? null,
      params: like?.params ?? {},
      system: like?.system ?? null,
      ord: Math.max(-1, ...door.branchesOf(conversation).map((b) => b.ord)) + 1,
      pinned: false,
      shown: true,
      scroll: 0,
      ...rest,
      tip,
    };
    world().branches.push(branch);
    return branch;
  };
  const alone = (branch: Branch) => {
    for (const other of door.branchesOf(branch.conversationId)) other.shown = other.id === branch.id;
    door.conversation(branch.conversationId).head = branch.id;
  };
  const headOf = (conversation: string) => {
    const { head } = door.conversation(conversation);
    return door.branchesOf(conversation).find((b) => b.id === head) ?? door.branchesOf(conversation)[0];
  };
  const doomed = (what: DeleteWhat): { conversation: string; ids: Set<string>; branches: Branch[] } => {
    if (what.kind === "below")
      return {
        conversation: door.message(what.message).conversationId,
        ids: below(what.message),
        branches: [],
      };
    if (what.kind === "deleted") {
      const found = gone().find((g) => g.deletion.id === what.deletion);
      if (!found) throw bad("it was restored, or is erased already");
      return {
        conversation: found.deletion.conversation,
        ids: new Set(found.messages.map((m) => m.id)),
        branches: found.branches,
      };
    }
    const keep = what.keep.map((id) => door.branch(id));
    const conversation = keep[0]?.conversationId;
    if (!conversation) throw bad("name at least one branch to keep");
    const stays = new Set(keep.flatMap((b) => door.path(b.tip).map((m) => m.id)));
    return {
      conversation,
      ids: new Set(
        world()
          .messages.filter((m) => m.conversationId === conversation && !stays.has(m.id))
          .map((m) => m.id),
      ),
      branches: door.branchesOf(conversation).filter((b) => !keep.includes(b)),
    };
  };
  const count = (what: DeleteWhat): DeletionCount => {
    const { conversation, ids, branches } = doomed(what);
    const all = [...world().messages, ...gone().flatMap((g) => g.messages)];
    const said = new Set(all.filter((m) => ids.has(m.id) && m.parts.length).map((m) => textOf(m)));
    const others = world().messages.filter((m) => !ids.has(m.id) && said.has(textOf(m)));
    const led = door.branchesOf(conversation).filter((b) => b.tip && ids.has(b.tip) && !branches.includes(b));
    return {
      messages: ids.size,
      branches: branches.length + led.length,
      bookmarks: bookmarks().filter((b) => ids.has(b.message)).length,
      streaming: all.filter((m) => ids.has(m.id) && m.status === "streaming").length,
      alsoHere: others.filter((m) => m.conversationId === conversation).length,
      alsoIn: new Set(others.map((m) => m.conversationId).filter((id) => id !== conversation)).size,
    };
  };
  const entomb = (
    kind: Deletion["kind"],
    conversation: string,
    messages: Message[],
    branches: Branch[],
    text: string,
  ) => {
    const { title, head } = door.conversation(conversation);
    const deletion: Deletion = {
      id: door.id(),
      kind,
      conversation,
      title,
      nodes: messages.length,
      branches: branches.length,
      label: text,
      createdAt: now(),
      eraseAfter: new Date(Date.now() + month).toISOString(),
    };
    const record: Gone = { deletion, messages, branches, moved: [], head };
    gone().push(record);
    world().branches = world().branches.filter((b) => !branches.includes(b));
    const left = door.branchesOf(conversation);
    if (!left.some((b) => b.id === head)) {
      const next = left.find((b) => b.shown) ?? left[0];
      if (next) [next.shown, door.conversation(conversation).head] = [true, next.id];
    }
    return record;
  };
  const column = (of: ColumnOf, conversation: string, taken: Set<string>) => {
    if (of.kind === "branch") return door.branch(of.id);
    const found = door.branchesOf(conversation).find((b) => !taken.has(b.id) && through(b, of.id));
    return found ?? makeBranch(conversation, endOf(of.id), headOf(conversation), {});
  };
  const goTo = (branch: Branch, message: Message, scroll: number | null) => {
    const there = lefts()[message.id];
    if (!through(branch, message.id)) {
      leave(branch, message, scroll);
      branch.tip = endFor(branch, message);
      tell(message.conversationId);
    }
    return {
      branch: branch.id,
      tip: branch.tip ?? message.id,
      depth: message.depth,
      scroll: there?.scroll ?? 0,
    };
  };
  const merged = (sources: string[]) => {
    if (sources.length < 2) throw bad("a merge has at least two sources");
    return door.message(sources[0] ?? "");
  };

  return {
    saveEdit: ({ branch: id, message: old, parts }) =>
      later(() => {
        const branch = door.branch(id);
        const path = door.path(branch.tip);
        const at = path.findIndex((m) => m.id === old);
        const from = path[at];
        if (!from) throw bad("this branch does not go through that message any more");
        leave(branch, { ...from, id: "" }, null);
        const edited = door.addMessage(from.conversationId, from.parentId, from.role, parts, now());
        let tip = edited;
        for (const m of path.slice(at + 1)) {
          const copy = door.addMessage(m.conversationId, tip.id, m.role, m.parts, m.createdAt);
          copy.status = m.status;
          tip = copy;
        }
        branch.tip = tip.id;
        tell(from.conversationId);
        return { message: edited.id, tip: tip.id, carried: path.length - at - 1 };
      }),
    editAndAsk: ({ message, parts, columns }) =>
      later(() => {
        const old = door.message(message);
        if (old.role !== "user") throw bad("only what you said can be asked again; save an edited answer");
        const edited = door.addMessage(old.conversationId, old.parentId, "user", parts, now());
        return door.answer(
          columns.map(({ branch: id, target, params }) => {
            const branch = id ? door.branch(id) : undefined;
            if (branch) leave(branch, { ...old, id: "" }, null);
            return {
              prompt: edited.id,
              target: target ?? branch?.target ?? "simulated/steady",
              branch: id ?? null,
              params: params ?? branch?.params ?? null,
            };
          }),
        );
      }),
    forkBranch: ({ message, name, like, place }) =>
      later(() => {
        const { conversationId } = door.message(message);
        const named = door.branchesOf(conversationId).filter((b) => b.kind === "named").length;
        const branch = makeBranch(
          conversationId,
          message,
          like ? door.branch(like) : headOf(conversationId),
          { name: name ?? `Branch ${named + 2}`, kind: "named", shown: place !== "list" },
        );
        if (place === "alone") alone(branch);
        tell(conversationId);
        return branch;
      }),
    forkConversation: (message, title) =>
      later(() => {
        const path = door.path(message);
        const old = door.conversation(door.message(message).conversationId);
        const id = door.addConversation(title ?? old.title);
        let tip: Message | null = null;
        for (const m of path) {
          const copy: Message = door.addMessage(id, tip?.id ?? null, m.role, m.parts, m.createdAt);
          copy.status = m.status;
          tip = copy;
        }
        const branch = makeBranch(id, tip?.id ?? "", headOf(old.id), { name: "main", kind: "main" });
        door.conversation(id).head = branch.id;
        tell(id);
        return id;
      }),
    listBranches: (conversation) =>
      later(() => {
        const branches = door.branchesOf(conversation);
        const shared = new Map<string, number>();
        for (const b of branches)
          for (const m of door.path(b.tip)) shared.set(m.id, (shared.get(m.id) ?? 0) + 1);
        const { head } = door.conversation(conversation);
        const summary = (branch: Branch): BranchSummary => {
          const path = door.path(branch.tip);
          const rows = path.flatMap((m) => world().rows.find((r) => r.message === m.id) ?? []);
          const usage = { ...noUsage };
          for (const { completion } of rows)
            for (const key of Object.keys(usage) as (keyof typeof usage)[])
              usage[key] =
                completion.metrics.usage[key] === null
                  ? usage[key]
                  : (usage[key] ?? 0) + (completion.metrics.usage[key] ?? 0);
          const costs = rows.flatMap((r) => r.completion.metrics.cost ?? []);
          const models = new Map<string, number>();
          for (const { completion } of rows)
            if (completion.served) models.set(completion.served, (models.get(completion.served) ?? 0) + 1);
          return {
            branch,
            head: branch.id === head,
            messages: path.length,
            own: path.filter((m) => shared.get(m.id) === 1).length,
            usage,
            cost: costs.length ? String(costs.reduce((sum, c) => sum + Number(c.usd), 0)) : null,
            costEstimated: costs.some((c) => c.estimated),
            unpriced: rows.length - costs.length,
            models: [...models]
              .map(([target, answers]) => ({ target, answers }))
              .sort((a, b) => b.answers - a.answers),
            lastActivity: path.at(-1)?.createdAt ?? null,
          };
        };
        const rank = (b: Branch) => (b.id === head ? 0 : b.pinned ? 1 : 2);
        return branches.toSorted((a, b) => rank(a) - rank(b) || a.ord - b.ord).map(summary);
      }),
    renameBranch: (id, name) =>
      later(() => {
        const branch = door.branch(id);
        if (!name.trim()) throw bad("a branch has a name of 1 to 100 characters on one line");
        branch.name = name.trim();
        if (branch.kind === "column") branch.kind = "named";
        return tell(branch.conversationId);
      }),
    pinBranch: (id, pinned) =>
      later(() => {
        door.branch(id).pinned = pinned;
        return tell(door.branch(id).conversationId);
      }),
    activateBranch: (id) =>
      later(() => {
        const branch = door.branch(id);
        if (branch.shown) door.conversation(branch.conversationId).head = id;
        else alone(branch);
        return tell(branch.conversationId);
      }),
    deleteBranch: (id) =>
      later(() => {
        const branch = door.branch(id);
        if (door.branchesOf(branch.conversationId).length < 2)
          throw bad("a conversation keeps one branch; delete the conversation instead");
        const { deletion } = entomb("branch", branch.conversationId, [], [branch], branch.name);
        tell(branch.conversationId);
        return deletion;
      }),
    keepScroll: (id, scroll) =>
      later(() => {
        door.branch(id).scroll = scroll;
        return changed();
      }),
    showColumns: (conversation, columns) =>
      later(() => {
        if (!columns.length) throw bad("a conversation has at least one column");
        const taken = new Set<string>();
        const shown = columns.map((of) => {
          const branch = column(of, conversation, taken);
          taken.add(branch.id);
          return branch;
        });
        const rest = door.branchesOf(conversation).filter((b) => !shown.includes(b));
        for (const [ord, b] of [...shown, ...rest].entries()) {
          b.ord = ord;
          b.shown = ord < shown.length;
        }
        world().branches.sort((a, b) => a.ord - b.ord);
        const now = door.conversation(conversation);
        if (!shown.some((b) => b.id === now.head)) now.head = shown[0]?.id ?? now.head;
        tell(conversation);
        return shown.map((b) => b.id);
      }),
    siblings: (id) =>
      later(() =>
        siblingsOf(door.message(id)).map((m) => ({
          id: m.id,
          role: m.role,
          model: world().rows.find((r) => r.message === m.id)?.completion.served ?? null,
          status: m.status,
          createdAt: m.createdAt,
          label: label(m),
          merge: merges().some((merge) => merge.message === m.id),
          below: below(m.id).size - 1,
        })),
      ),
    stepSibling: (id, message, by, scroll) =>
      later(() => {
        const siblings = siblingsOf(door.message(message));
        const to = siblings[siblings.findIndex((m) => m.id === message) + by];
        if (!to) throw bad("there is no further version on that side");
        return goTo(door.branch(id), to, scroll);
      }),
    showMessage: (id, branchId, scroll) =>
      later(() => {
        const message = door.message(id);
        const all = door.branchesOf(message.conversationId);
        const branch = branchId
          ? door.branch(branchId)
          : (all.find((b) => b.shown && through(b, id)) ?? all.find((b) => through(b, id)));
        if (branch) {
          if (!branchId && !branch.shown) alone(branch);
          return goTo(branch, message, scroll);
        }
        const made = makeBranch(message.conversationId, endOf(id), headOf(message.conversationId), {});
        alone(made);
        tell(message.conversationId);
        return goTo(made, message, scroll);
      }),
    messages: (ids) =>
      later(() =>
        ids.flatMap((id) =>
          world()
            .messages.filter((m) => m.id === id)
            .map((m) => door.view(m)),
        ),
      ),
    compareLines: (left, right, skip, limit) =>
      later(() => {
        const [a, b] = [door.path(left), door.path(right)];
        let shared = 0;
        while (a[shared] && a[shared]?.id === b[shared]?.id) shared += 1;
        const turns = (line: Message[]) => {
          const all: Message[][] = [[]];
          for (const m of line) {
            if (m.role === "user") all.push([]);
            all.at(-1)?.push(m);
          }
          return all;
        };
        const [l, r] = [turns(a.slice(shared)), turns(b.slice(shared))];
        const pairs = Array.from({ length: Math.max(l.length, r.length) }, (_, turn) => {
          const [x, y] = [l[turn] ?? [], r[turn] ?? []];
          return Array.from({ length: Math.max(x.length, y.length) }, (__, i) => ({
            turn,
            left: x[i] ? door.view(x[i]) : null,
            right: y[i] ? door.view(y[i]) : null,
            same: !!x[i] && !!y[i] && JSON.stringify(x[i].parts) === JSON.stringify(y[i].parts),
          }));
        }).flat();
        const last = a[shared - 1];
        return {
          ancestor: last ? door.view(last) : null,
          left: a.length - shared,
          right: b.length - shared,
          total: pairs.length,
          pairs: pairs.slice(skip, skip + limit),
        };
      }),
    diff: (left, right) =>
      later(() => {
        const text = (side: typeof left) =>
          side.kind === "text" ? side.text : textOf(door.message(side.id));
        return difference(text(left), text(right));
      }),
    takeSide: ({ sources, take, branch: id }) =>
      later(() => {
        const first = merged(sources);
        if (!sources.includes(take)) throw bad("take one of the merged messages");
        const taken = door.message(take);
        const node = door.addMessage(first.conversationId, first.parentId, taken.role, taken.parts, now());
        merges().push({ message: node.id, sources, how: null, instruction: null });
        const branch = id
          ? door.branch(id)
          : makeBranch(first.conversationId, node.id, headOf(first.conversationId), {});
        leave(branch, node, null);
        branch.tip = node.id;
        tell(first.conversationId);
        return { message: node.id, branch: branch.id };
      }),
    synthesize: ({ sources, how, instruction, target, params, branch: id }) =>
      later(() => {
        const first = merged(sources);
        const texts = sources.map((s) => textOf(door.message(s)).split("\n\n"));
        const fused = Array.from({ length: 4 }, (_, i) => texts[i % texts.length]?.[i] ?? "");
        const started = door.answer([
          {
            prompt: first.parentId ?? "",
            target,
            branch: id ?? null,
            params: params ?? null,
            text: `/echo Taken together:\n\n${fused.filter(Boolean).join("\n\n")}`,
          },
        ]);
        const message = started.columns[0]?.message ?? "";
        merges().push({ message, sources, how, instruction: instruction ?? null });
        return started;
      }),
    provenance: (id) =>
      later(() => {
        const merge = merges().find((m) => m.message === id);
        if (!merge) throw bad("this message is no merge");
        const text = textOf(door.message(id));
        const sources = merge.sources.map((source) => {
          const message = world().messages.find((m) => m.id === source);
          const row = world().rows.find((r) => r.message === source);
          return {
            message: source,
            model: row?.completion.served ?? null,
            text: message ? textOf(message) : "",
            deleted: !message,
          };
        });
        const { how, instruction } = merge;
        return {
          text,
          how,
          instruction,
          sources,
          passages: passages(
            text,
            sources.map((s) => s.text),
          ),
        };
      }),
    replayBranch: ({ branch: id, target, params, name }) =>
      later(() => {
        const branch = door.branch(id);
        const first = door.path(branch.tip).find((m) => m.role === "user");
        if (!first) throw bad("there is nothing on this branch to ask again");
        const started = door.answer([
          { prompt: first.id, target, branch: null, params: params ?? branch.params },
        ]);
        const made = door.branch(started.columns[0]?.branch ?? "");
        if (name) Object.assign(made, { name, kind: "named" });
        // The turns that follow are asked when the one before has its answer.
        const rest = door
          .path(branch.tip)
          .filter((m) => m.role === "user")
          .slice(1);
        const go = () => {
          const tip = made.tip ? door.message(made.tip) : null;
          if (tip?.status === "streaming") return;
          const next = tip?.status === "complete" ? rest.shift() : undefined;
          if (!next || !tip) return clearInterval(timer);
          const said = door.addMessage(tip.conversationId, tip.id, "user", next.parts, now());
          door.answer([{ prompt: said.id, target, branch: made.id, params: params ?? branch.params }]);
        };
        const timer = setInterval(go, 100);
        return started;
      }),
    countDeletion: (what) => later(() => count(what)),
    deleteMessages: (what) =>
      later(() => {
        const { conversation, ids, branches } = doomed(what);
        const messages = world().messages.filter((m) => ids.has(m.id));
        if (messages.some((m) => m.status === "streaming"))
          throw Object.assign(
            new Error("an answer among these is still being written; stop it or wait for its end"),
            {
              kind: "busy",
            },
          );
        const [root] = messages;
        const others = root ? siblingsOf(root).filter((m) => !ids.has(m.id)) : [];
        const record = entomb("messages", conversation, messages, branches, root ? label(root) : "");
        const lines = door.branchesOf(conversation);
        const free = others.findLast((m) => !lines.some((b) => through(b, m.id)));
        for (const branch of lines) {
          if (!branch.tip || !ids.has(branch.tip)) continue;
          const stays = door.path(branch.tip).findLast((m) => !ids.has(m.id));
          const to = free && root && free.parentId === root.parentId ? endOf(free.id) : (stays?.id ?? null);
          record.moved.push({ branch: branch.id, from: branch.tip, to });
          branch.tip = to;
        }
        world().messages = world().messages.filter((m) => !ids.has(m.id));
        tell(conversation);
        return record.deletion;
      }),
    listDeletions: (conversation) =>
      later(() =>
        gone()
          .map((g) => g.deletion)
          .filter((d) => !conversation || d.conversation === conversation)
          .reverse(),
      ),
    restoreDeletion: (id) =>
      later(() => {
        const found = gone().find((g) => g.deletion.id === id);
        if (!found) throw bad("it was restored, or is erased already");
        const order = new Map([...world().messages, ...found.messages].map((m) => [m.id, m]));
        world().messages = [...order.values()].sort((a, b) => a.id.localeCompare(b.id));
        world().branches.push(...found.branches);
        world().branches.sort((a, b) => a.ord - b.ord);
        for (const { branch, from, to } of found.moved) {
          const there = world().branches.find((b) => b.id === branch);
          if (there && there.tip === to) there.tip = from;
        }
        if (found.branches.some((b) => b.id === found.head))
          door.conversation(found.deletion.conversation).head = found.head;
        world().gone = gone().filter((g) => g !== found);
        return tell(found.deletion.conversation);
      }),
    eraseDeletion: (id) =>
      later(() => {
        const found = gone().find((g) => g.deletion.id === id);
        if (!found) throw bad("it was restored, or is erased already");
        world().gone = gone().filter((g) => g !== found);
        return tell(found.deletion.conversation);
      }),
    setBookmark: (id, note) =>
      later(() => {
        const message = door.message(id);
        const mark = {
          message: id,
          conversation: message.conversationId,
          title: door.conversation(message.conversationId).title,
          note,
          label: label(message),
          role: message.role,
          createdAt: now(),
        };
        world().bookmarks = [...bookmarks().filter((b) => b.message !== id), mark];
        return tell(message.conversationId);
      }),
    removeBookmark: (id) =>
      later(() => {
        world().bookmarks = bookmarks().filter((b) => b.message !== id);
        return tell(door.message(id).conversationId);
      }),
    listBookmarks: (conversation) =>
      later(() => {
        const there = new Set(world().messages.map((m) => m.id));
        return bookmarks()
          .filter((b) => there.has(b.message) && (!conversation || b.conversation === conversation))
          .reverse();
      }),
    treeOverview: (conversation, after) =>
      later(() =>
        overview(
          world(),
          conversation,
          after,
          door.branchesOf(conversation),
          new Set(door.path(headOf(conversation)?.tip ?? null).map((m) => m.id)),
        ),
      ),
  };
}
