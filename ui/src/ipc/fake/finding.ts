/** Searches, folders, tags and many conversations at once, in the engine that is made up. */
import type {
  Archived,
  BudgetCap,
  ConversationSummary,
  Folder,
  Message,
  SearchHit,
  SearchQuery,
  Span,
  Tag,
} from "../bindings";
import type { Ipc } from "../index";
import type { Door } from "./columns";
import { textOf, type World } from "./rows";

type Finding = Pick<
  Ipc,
  | "answeredModels"
  | "changeConversations"
  | "createFolder"
  | "deleteFolder"
  | "deleteTag"
  | "findConversations"
  | "listConversations"
  | "listFolders"
  | "listTags"
  | "locateMessage"
  | "moveFolder"
  | "renameFolder"
  | "renameTag"
  | "searchMessages"
  | "setFolderBudgets"
  | "undoChange"
>;

/** What conversations are filed under. It is kept with the world, so that it outlives a reload. */
export type Filed = {
  folders: { id: string; parent: string | null; name: string }[];
  folderOf: Record<string, string | null>;
  tagsOf: Record<string, string[]>;
  /** What folders may take; of those of a world from before there is none. */
  caps?: Record<string, BudgetCap[]>;
  undo: Record<string, Pick<World, "conversations" | "deleted"> & Omit<Filed, "undo" | "folders" | "caps">>;
};

const AROUND = 60;
const refused = (text: string) => Object.assign(new Error(text), { kind: "badInput" });
const missing = (text: string) => Object.assign(new Error(text), { kind: "notFound" });
/** As the address says: `?waiting=12` messages are not in the index, `?uncounted=1` hits are not all counted. */
const asked = (what: string) => Number(new URLSearchParams(globalThis.location?.search ?? "").get(what) ?? 0);
const lower = (text: string) => text.toLowerCase();

export function finding({ later, world, changed, message, branchesOf, path }: Door): Finding {
  const filed = (): Filed => (world().filed ??= { folders: [], folderOf: {}, tagsOf: {}, undo: {} });
  const live = () => world().conversations.filter((c) => !world().deleted.includes(c.id));
  const tagsOf = (id: string) => filed().tagsOf[id] ?? [];
  const folder = (id: string) => {
    const found = filed().folders.find((f) => f.id === id);
    if (!found) throw missing(`there is no folder \`${id}\``);
    return found;
  };
  /** A folder and all below it. */
  const within = (id: string): string[] => [
    id,
    ...filed()
      .folders.filter((f) => f.parent === id)
      .flatMap((f) => within(f.id)),
  ];
  const named = (name: string, parent: string | null, self?: string) => {
    const trimmed = name.trim();
    if (!trimmed || trimmed.length > 100) throw refused("a name has 1 to 100 characters on one line");
    const twin = filed().folders.some(
      (f) => f.parent === parent && f.id !== self && lower(f.name) === lower(trimmed),
    );
    if (twin) throw refused(`there is a folder \`${trimmed}\` here already; choose another name`);
    return trimmed;
  };
  const summaries = (): ConversationSummary[] =>
    live().map((c) => {
      const mine = world().messages.filter((m) => m.conversationId === c.id);
      return {
        id: c.id,
        title: c.title,
        createdAt: c.createdAt,
        updatedAt: c.updatedAt,
        messages: mine.length,
        branches: 1,
        source: c.source,
        pinned: c.pinned,
        archived: c.archived,
        streaming: mine.filter((m) => m.status === "streaming").length,
        folder: filed().folderOf[c.id] ?? null,
        tags: tagsOf(c.id),
      };
    });
  const modelOf = (m: Message) => {
    const row = m.completionId && world().rows.find((r) => r.completion.id === m.completionId);
    return row ? (row.completion.served ?? row.completion.requested) : null;
  };
  const isFiled = (id: string, inFolder: string | null | undefined, tags: readonly string[] = []) => {
    const at = filed().folderOf[id];
    if (inFolder && !(at && within(inFolder).includes(at))) return false;
    return tags.every((tag) => tagsOf(id).some((other) => lower(other) === lower(tag)));
  };

  const search = (query: SearchQuery) => {
    const terms = words(query.text ?? "");
    const titles = new Map(live().map((c) => [c.id, c]));
    const hits = world().messages.flatMap((m): SearchHit[] => {
      const conversation = titles.get(m.conversationId);
      const model = modelOf(m);
      const text = textOf(m);
      const fits =
        conversation &&
        terms.length > 0 &&
        terms.every((term) => lower(text).includes(term)) &&
        (!query.conversation || query.conversation === m.conversationId) &&
        (!query.roles?.length || query.roles.includes(m.role)) &&
        (!query.models?.length || (model !== null && query.models.includes(model))) &&
        (!query.providers?.length || query.providers.includes(model?.split("/")[0] ?? "")) &&
        (!query.from || m.createdAt >= query.from) &&
        (!query.until || m.createdAt < query.until) &&
        isShown(conversation.archived, query.archived ?? "with") &&
        (query.pinned == null || query.pinned === conversation.pinned) &&
        (!query.sources?.length || query.sources.includes(conversation.source)) &&
        !(query.unfiled && filed().folderOf[m.conversationId]) &&
        isFiled(m.conversationId, query.folder, query.tags);
      if (!fits) return [];
      const { id, title, archived } = conversation;
      const { role, createdAt } = m;
      return [
        { conversation: id, title, archived, message: m.id, role, model, createdAt, ...cut(text, terms) },
      ];
    });
    const count = (hit: SearchHit) => hit.highlights.length;
    const ranked = query.order === "ranked";
    hits.sort((a, b) => (ranked ? count(b) - count(a) : 0) || b.createdAt.localeCompare(a.createdAt));
    const from = Number(query.cursor ?? 0);
    const to = from + Math.min(Math.max(query.limit ?? 50, 1), 200);
    return {
      hits: hits.slice(from, to),
      total: hits.length,
      moreThanTotal: asked("uncounted") > 0,
      ranked,
      next: to < hits.length ? String(to) : null,
      waiting: asked("waiting"),
    };
  };

  return {
    searchMessages: (query) => later(() => search(query)),
    locateMessage: (id) =>
      later(() => {
        const { conversationId, depth } = message(id);
        const { head } = world().conversations.find((c) => c.id === conversationId) ?? { head: null };
        const through = branchesOf(conversationId)
          .filter((b) => path(b.tip).some((m) => m.id === id))
          .sort((a, b) => Number(b.id === head) - Number(a.id === head))[0];
        let tip = id;
        for (let next: Message | undefined = message(id); next;) {
          tip = next.id;
          next = world().messages.findLast((m) => m.parentId === tip);
        }
        return {
          conversation: conversationId,
          message: id,
          depth,
          branch: through?.id ?? null,
          tip: through?.tip ?? tip,
        };
      }),
    answeredModels: () => later(() => [...new Set(world().messages.flatMap((m) => modelOf(m) ?? []))].sort()),
    listConversations: (text) =>
      later(() => {
        const words = lower(text ?? "");
        return summaries()
          .filter((c) => lower(c.title).includes(words))
          .sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.updatedAt.localeCompare(a.updatedAt));
      }),
    findConversations: (query) =>
      later(() => {
        const words = lower(query.text?.trim() ?? "");
        const said = (id: string) =>
          world().messages.some((m) => m.conversationId === id && lower(textOf(m)).includes(words));
        const answered = (id: string, model: string) =>
          world().messages.some((m) => m.conversationId === id && modelOf(m) === model);
        const by = (a: ConversationSummary, b: ConversationSummary) => {
          if (query.sort === "title") return a.title.localeCompare(b.title);
          if (query.sort === "messages") return b.messages - a.messages;
          if (query.sort === "created") return b.createdAt.localeCompare(a.createdAt);
          return b.updatedAt.localeCompare(a.updatedAt);
        };
        const all = summaries()
          .filter(
            (c) =>
              (!words || lower(c.title).includes(words) || said(c.id)) &&
              isShown(c.archived, query.archived ?? "without") &&
              (query.pinned == null || c.pinned === query.pinned) &&
              !(query.unfiled && c.folder) &&
              isFiled(c.id, query.folder, query.tags) &&
              (!query.model || answered(c.id, query.model)) &&
              (!query.sources?.length || query.sources.includes(c.source)) &&
              (!query.from || c.updatedAt >= query.from) &&
              (!query.until || c.updatedAt < query.until),
          )
          .sort((a, b) => Number(b.pinned) - Number(a.pinned) || (query.reverse ? by(b, a) : by(a, b)));
        const from = query.offset ?? 0;
        const conversations = all.slice(from, query.limit ? from + query.limit : undefined);
        return { conversations, total: all.length };
      }),
    listFolders: () =>
      later(() => {
        const below = (parent: string | null): Folder[] =>
          filed()
            .folders.filter((f) => f.parent === parent)
            .flatMap((f) => [
              { ...f, conversations: live().filter((c) => filed().folderOf[c.id] === f.id).length },
              ...below(f.id),
            ]);
        return below(null);
      }),
    createFolder: (name, parent) =>
      later(() => {
        if (parent) folder(parent);
        const id = `00000000-0000-7000-8001-${String(++world().ids).padStart(12, "0")}`;
        filed().folders.push({ id, parent, name: named(name, parent) });
        changed("folders");
        return id;
      }),
    renameFolder: (id, name) =>
      later(() => {
        const found = folder(id);
        found.name = named(name, found.parent, id);
        return changed("folders");
      }),
    moveFolder: (id, parent, before) =>
      later(() => {
        const found = folder(id);
        if (parent && within(id).includes(parent)) throw refused("a folder cannot be put into itself");
        found.name = named(found.name, parent, id);
        found.parent = parent;
        const { folders } = filed();
        folders.splice(folders.indexOf(found), 1);
        const at = folders.findIndex((f) => f.id === before);
        folders.splice(at < 0 ? folders.length : at, 0, found);
        return changed("folders");
      }),
    deleteFolder: (id) =>
      later(() => {
        const { parent } = folder(id);
        const { folders, folderOf } = filed();
        for (const other of folders) if (other.parent === id) other.parent = parent;
        for (const [conversation, at] of Object.entries(folderOf)) {
          if (at !== id) continue;
          folderOf[conversation] = parent;
        }
        folders.splice(folders.indexOf(folder(id)), 1);
        return changed("folders", "conversations");
      }),
    setFolderBudgets: (id, budgets) =>
      later(() => {
        folder(id);
        const periods = budgets.map(({ period }) => period);
        if (new Set(periods).size < periods.length) throw refused("one budget of each period");
        (filed().caps ??= {})[id] = budgets;
        return changed("folders");
      }),
    listTags: () =>
      later((): Tag[] => {
        const counts = new Map<string, number>();
        for (const c of live()) for (const tag of tagsOf(c.id)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
        return [...counts]
          .map(([name, conversations]) => ({ name, conversations }))
          .sort((a, b) => a.name.localeCompare(b.name));
      }),
    renameTag: (name, to) =>
      later(() => {
        const fresh = to.trim();
        if (!fresh) throw refused("a tag has 1 to 50 characters on one line");
        for (const [id, tags] of Object.entries(filed().tagsOf))
          filed().tagsOf[id] = sorted(tags.map((tag) => (lower(tag) === lower(name) ? fresh : tag)));
        return changed("folders", "conversations");
      }),
    deleteTag: (name) =>
      later(() => {
        for (const [id, tags] of Object.entries(filed().tagsOf))
          filed().tagsOf[id] = tags.filter((tag) => lower(tag) !== lower(name));
        return changed("folders", "conversations");
      }),
    changeConversations: (ids, action) =>
      later(() => {
        const { folderOf, tagsOf: tags } = filed();
        const kept = structuredClone({
          conversations: world().conversations,
          deleted: world().deleted,
          folderOf,
          tagsOf: tags,
        });
        const streaming: string[] = [];
        let count = 0;
        for (const c of live().filter((c) => ids.includes(c.id))) {
          const before = JSON.stringify([c, folderOf[c.id], tags[c.id], world().deleted]);
          if (action.kind === "pin") c.pinned = action.pinned;
          else if (action.kind === "archive") c.archived = action.archived;
          else if (action.kind === "move") {
            folderOf[c.id] = action.folder && folder(action.folder).id;
          } else if (action.kind === "tag") {
            const gone = action.remove.map(lower);
            const kept = tagsOf(c.id).filter((tag) => !gone.includes(lower(tag)));
            tags[c.id] = sorted([...kept, ...action.add.map((tag) => tag.trim())]);
          } else if (world().messages.some((m) => m.conversationId === c.id && m.status === "streaming"))
            streaming.push(c.id);
          else world().deleted.push(c.id);
          if (JSON.stringify([c, folderOf[c.id], tags[c.id], world().deleted]) !== before) count++;
        }
        if (!count) return { changed: 0, streaming, undo: null };
        const undo = `00000000-0000-7000-8002-${String(++world().ids).padStart(12, "0")}`;
        filed().undo[undo] = kept;
        changed("conversations", "folders", ...ids.map((id) => `conversation:${id}`));
        return { changed: count, streaming, undo };
      }),
    undoChange: (id) =>
      later(() => {
        const { [id]: kept, ...rest } = filed().undo;
        if (!kept) throw missing("this can no longer be taken back");
        for (const old of kept.conversations) {
          const now = world().conversations.find((c) => c.id === old.id);
          if (now) Object.assign(now, { pinned: old.pinned, archived: old.archived });
        }
        world().deleted = kept.deleted;
        world().filed = { ...filed(), folderOf: kept.folderOf, tagsOf: kept.tagsOf, undo: rest };
        return changed("conversations", "folders", ...kept.conversations.map((c) => `conversation:${c.id}`));
      }),
  };
}

const isShown = (archived: boolean, wanted: Archived) =>
  wanted === "with" || archived === (wanted === "only");

const sorted = (tags: readonly string[]) =>
  tags
    .filter((tag, i) => tag && tags.findIndex((other) => lower(other) === lower(tag)) === i)
    .sort((a, b) => a.localeCompare(b));

/** Words in small letters; quoted ones stay together. */
function words(text: string): string[] {
  return text
    .split('"')
    .flatMap((piece, i) => (i % 2 ? [piece.trim()] : piece.split(/\s+/)))
    .filter(Boolean)
    .map(lower);
}

/** The first place with some text around it, and where the words stand in that. */
function cut(text: string, terms: readonly string[]): { snippet: string; highlights: Span[] } {
  const first = Math.max(0, Math.min(...terms.map((term) => lower(text).indexOf(term))));
  const [from, to] = [Math.max(0, first - AROUND), first + (terms[0]?.length ?? 0) + AROUND];
  const middle = text.slice(from, to).replace(/\s/g, " ");
  const snippet = `${from > 0 ? "…" : ""}${middle}${to < text.length ? "…" : ""}`;
  const highlights: Span[] = [];
  for (let at = 0; at < snippet.length;) {
    const term = terms.find((each) => lower(snippet).startsWith(each, at));
    if (term) highlights.push({ at, len: term.length });
    at += term?.length ?? 1;
  }
  return { snippet, highlights };
}
