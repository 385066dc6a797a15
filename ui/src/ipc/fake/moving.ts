/** Imports and exports, in the engine that is made up. It reads ChatGPT's shape, and writes plain text. */
import type { Conversation, ExportRequest, ImportStatus, Message, MessageId } from "../bindings";
import type { Ipc } from "../index";
import type { Door } from "./columns";

type Moving = Pick<
  Ipc,
  "addToImport" | "beginImport" | "cancelImport" | "exportText" | "listImports" | "saveExport" | "startImport"
>;

type Node = {
  id: string;
  parent: string | null;
  message: { author: { role: string }; content: { parts?: unknown[] } } | null;
};
type Foreign = { id?: string; title?: string; mapping?: Record<string, Node>; current_node?: string };

/** How long reading takes here, so that its progress can be seen. */
const READING_MS = 600;

export function moving({ later, changed, world, conversation, branchesOf, path }: Door): Moving {
  const imports: ImportStatus[] = [];
  const received = new Map<number, Uint8Array[]>();
  const known = new Set<string>();
  const find = (id: number): ImportStatus => {
    const found = imports.find((one) => one.id === id);
    if (!found) throw new Error(`there is no import \`${id}\``);
    return found;
  };
  const running = (one: ImportStatus) => one.state.state === "receiving" || one.state.state === "reading";

  const read = (one: ImportStatus, text: string): void => {
    let all: Foreign[];
    try {
      const file = JSON.parse(text) as Foreign | Foreign[];
      all = Array.isArray(file) ? file : [file];
    } catch {
      one.state = { state: "failed", message: `${one.name} is neither JSON nor a ZIP file with JSON in it` };
      return;
    }
    for (const each of all) {
      if (!each?.mapping) {
        one.report.skipped += 1;
        one.report.warnings.push(`${each?.title ?? "a conversation"}: nothing here is known`);
        continue;
      }
      one.format = "chatgpt";
      const added = take(each);
      one.report.messages += added;
      one.report[added > 0 ? "conversations" : "skipped"] += 1;
    }
    one.state = { state: "done" };
  };

  const take = (each: Foreign): number => {
    if (!each.id || known.has(each.id)) return 0;
    known.add(each.id);
    const all = world();
    const next = () => `fake-import-${(all.ids += 1)}`;
    const at = new Date().toISOString();
    const made: Conversation = {
      id: next(),
      title: each.title ?? "Untitled",
      source: "import",
      head: null,
      system: null,
      pinned: false,
      archived: false,
      createdAt: at,
      updatedAt: at,
    };
    const ids = new Map<string, Message>();
    const roles = ["system", "user", "assistant", "tool"] as const;
    const nodes = Object.values(each.mapping ?? {});
    const place = (node: Node): void => {
      const role = roles.find((known) => known === node.message?.author.role);
      const texts = (node.message?.content.parts ?? []).filter((part) => typeof part === "string" && part);
      const parent = node.parent ? ids.get(node.parent) : undefined;
      if (role && texts.length > 0) {
        const message: Message = {
          id: next(),
          conversationId: made.id,
          parentId: parent?.id ?? null,
          depth: parent ? parent.depth + 1 : 0,
          role,
          parts: texts.map((text) => ({ type: "text", text: String(text) })),
          status: "complete",
          hash: "0".repeat(64),
          completionId: null,
          continuesId: null,
          createdAt: at,
        };
        ids.set(node.id, message);
        all.messages.push(message);
      }
      for (const child of nodes) if (child.parent === node.id) place(child);
    };
    for (const node of nodes) if (!node.parent) place(node);
    if (ids.size === 0) return 0;
    const tip = (each.current_node ? ids.get(each.current_node) : undefined) ?? [...ids.values()].at(-1);
    const branch = next();
    all.conversations.push({ ...made, head: branch });
    all.branches.push({
      id: branch,
      conversationId: made.id,
      name: "main",
      kind: "main",
      tip: tip?.id ?? null,
      target: null,
      params: {},
      system: null,
      ord: 0,
      pinned: false,
      shown: true,
      scroll: 0,
    });
    return ids.size;
  };

  const written = ({ conversations, format, scope }: ExportRequest) => {
    const all = world();
    const live = all.conversations.filter((each) => !all.deleted.includes(each.id));
    const chosen = conversations.length > 0 ? conversations.map((id) => conversation(id)) : live;
    const messages = chosen.map((each) => {
      const mine = all.messages.filter((message) => message.conversationId === each.id);
      if (scope.kind === "tree" || format === "json") return mine;
      const wanted = scope.kind === "branch" ? scope.branch : each.head;
      const tip: MessageId | null = branchesOf(each.id).find((branch) => branch.id === wanted)?.tip ?? null;
      return path(tip);
    });
    const said = (message: Message) =>
      message.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
    const text =
      format === "json"
        ? JSON.stringify(
            {
              format: "orchesity",
              version: 1,
              items: chosen.map((each, i) => ({ type: "conversation", ...each, messages: messages[i] })),
            },
            null,
            2,
          )
        : chosen
            .map((each, i) =>
              [`# ${each.title}`, ...(messages[i] ?? []).map((m) => `## ${m.role}\n\n${said(m)}`)].join(
                "\n\n",
              ),
            )
            .join("\n\n");
    const ending = { json: "json", markdown: "md", html: "html" }[format];
    const html = (plain: string) => plain.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    return {
      text: format === "html" ? `<!doctype html><meta charset="utf-8"><pre>${html(text)}</pre>` : text,
      name: `${chosen.length === 1 ? (chosen[0]?.title ?? "") : "conversations"}.${ending}`,
      conversations: chosen.length,
      messages: messages.reduce((sum, each) => sum + each.length, 0),
    };
  };

  return {
    beginImport: (name, kib) =>
      later(() => {
        const id = imports.length + 1;
        const report = { conversations: 0, messages: 0, skipped: 0, warnings: [] };
        const state = { state: "receiving" } as const;
        imports.unshift({ id, name, format: null, state, doneKib: 0, totalKib: kib, report });
        received.set(id, []);
        changed("imports");
        return id;
      }),
    addToImport: (id, data) =>
      later(() => {
        const one = find(id);
        if (one.state.state !== "receiving") throw new Error("this import was stopped");
        const piece = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
        const pieces = received.get(id) ?? [];
        pieces.push(piece);
        one.doneKib = Math.ceil(pieces.reduce((sum, each) => sum + each.length, 0) / 1024);
        return changed("imports");
      }),
    startImport: (id) =>
      later(() => {
        const one = find(id);
        if (one.state.state !== "receiving") throw new Error("this import was stopped");
        one.state = { state: "reading" };
        one.doneKib = 0;
        const begun = Date.now();
        const step = setInterval(() => {
          const share = Math.min(1, (Date.now() - begun) / READING_MS);
          one.doneKib = Math.round(one.totalKib * share);
          if (one.state.state === "reading" && share === 1) {
            const pieces = received.get(id) ?? [];
            const bytes = new Uint8Array(pieces.reduce((sum, each) => sum + each.length, 0));
            let at = 0;
            for (const piece of pieces) {
              bytes.set(piece, at);
              at += piece.length;
            }
            read(one, new TextDecoder().decode(bytes));
            changed("conversations");
          }
          changed("imports");
          if (!running(one)) {
            clearInterval(step);
            received.delete(id);
          }
        }, 60);
        return changed("imports");
      }),
    cancelImport: (id) =>
      later(() => {
        const one = find(id);
        if (running(one)) one.state = { state: "cancelled" };
        return changed("imports");
      }),
    listImports: () => later(() => imports),
    exportText: (request) => later(() => written(request).text),
    saveExport: (request) =>
      later(() => {
        const { text, name, conversations, messages } = written(request);
        return { path: `memory/${name}`, kib: Math.ceil(text.length / 1024), conversations, messages };
      }),
  };
}
