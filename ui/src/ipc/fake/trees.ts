/** What is computed of trees and texts in the engine that is made up: small and plain, not fast. */
import type { Branch, Message, Passage, TextDiff, TreeOverview } from "../bindings";
import { textOf, type World } from "./rows";

export const label = (message: Message) => textOf(message).trim().split("\n")[0]?.slice(0, 48) ?? "";

const words = (text: string) => text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];

export function difference(left: string, right: string): TextDiff {
  const [a, b] = [words(left), words(right)];
  // Lengths of the longest common run of words from each pair of places on.
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  const common = (i: number, j: number) => table[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i * width + j] =
        a[i] === b[j] ? common(i + 1, j + 1) + 1 : Math.max(common(i + 1, j), common(i, j + 1));
  const spans: TextDiff["spans"] = [];
  let [i, j, l, r, same] = [0, 0, 0, 0, 0];
  const add = (kind: TextDiff["spans"][number]["kind"], dl: number, dr: number) => {
    const last = spans.at(-1);
    if (last?.kind === kind) [last.leftEnd, last.rightEnd] = [l + dl, r + dr];
    else spans.push({ kind, leftStart: l, leftEnd: l + dl, rightStart: r, rightEnd: r + dr });
    [l, r] = [l + dl, r + dr];
  };
  while (i < a.length || j < b.length) {
    const [x, y] = [a[i] ?? "", b[j] ?? ""];
    if (x === y) {
      add("same", x.length, y.length);
      [i, j, same] = [i + 1, j + 1, same + (x.trim() ? 1 : 0)];
    } else if (j >= b.length || (i < a.length && common(i + 1, j) >= common(i, j + 1))) {
      add("removed", x.length, 0);
      i += 1;
    } else {
      add("added", 0, y.length);
      j += 1;
    }
  }
  const most = Math.max(a.filter((w) => w.trim()).length, b.filter((w) => w.trim()).length);
  return { left, right, spans, alike: most ? Math.round((same * 100) / most) : 100, rough: false };
}

export function passages(text: string, sources: string[]): Passage[] {
  const found: Passage[] = [];
  for (const [source, other] of sources.entries()) {
    for (const line of text.split("\n")) {
      const at = line.split(/\s+/).length >= 4 ? other.indexOf(line) : -1;
      if (at < 0) continue;
      const start = text.indexOf(line);
      found.push({
        source,
        start,
        end: start + line.length,
        sourceStart: at,
        sourceEnd: at + line.length,
      });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

const roles = ["system", "user", "assistant", "tool"];
const statuses = ["streaming", "complete", "stopped", "interrupted", "failed"];

export function overview(
  world: World,
  conversation: string,
  after: string | null,
  branches: Branch[],
  active: Set<string>,
): TreeOverview {
  const all = world.messages.filter((m) => m.conversationId === conversation);
  const number = new Map(all.map((m, i) => [m.id, i]));
  const first = after ? (number.get(after) ?? -1) + 1 : 0;
  const nodes = all.slice(first);
  const served = new Map(world.rows.map((r) => [r.message, r.completion.served]));
  const models = [...new Set(nodes.flatMap((m) => served.get(m.id) ?? []))];
  const tips = new Set(branches.map((b) => b.tip));
  const marked = new Set(world.bookmarks?.map((b) => b.message));
  const merges = (world.merges ?? []).filter((m) => (number.get(m.message) ?? -1) >= first);
  const merge = new Set(merges.map((m) => m.message));
  const { head } = world.conversations.find((c) => c.id === conversation) ?? { head: null };
  return {
    total: all.length,
    first,
    ids: nodes.map((m) => m.id.replaceAll("-", "")).join(""),
    parents: nodes.map((m) => (m.parentId ? (number.get(m.parentId) ?? -1) : -1)),
    roles: nodes.map((m) => roles.indexOf(m.role)),
    statuses: nodes.map((m) => statuses.indexOf(m.status)),
    modelsOf: nodes.map((m) => models.indexOf(served.get(m.id) ?? "")),
    flags: nodes.map(
      ({ id }) =>
        Number(merge.has(id)) +
        2 * Number(marked.has(id)) +
        4 * Number(active.has(id)) +
        8 * Number(tips.has(id)),
    ),
    times: nodes.map((m) => Math.floor(Date.parse(m.createdAt) / 1000)),
    labels: nodes.map(label),
    models,
    merges: merges.map((m) => [m.message, ...m.sources].flatMap((id) => number.get(id) ?? [])),
    branches: branches.map(({ id, name, kind, tip, shown }) => {
      const at = tip ? (number.get(tip) ?? -1) : -1;
      return { id, name, kind, tip: at >= first ? at : -1, head: id === head, shown };
    }),
  };
}
