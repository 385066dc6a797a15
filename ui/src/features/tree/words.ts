/** What things in a tree are called, on the screen and by a screen reader. */
import { count } from "@/lib/figures";
import { at, has, roleOf, statusOf, targetOf, type Tree } from "./model";

const plural = (n: number, one: string, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** `6 nodes, 2 tips`: what is folded behind a node. */
export function held(tree: Tree, node: number): string {
  const ends = at(tree.ends, node);
  return plural(at(tree.weight, node), "node") + (ends > 1 ? `, ${plural(ends, "tip")}` : "");
}

const STATUS = {
  streaming: "being written",
  complete: "",
  stopped: "stopped",
  interrupted: "interrupted",
  failed: "failed",
} as const;

const ROLE = { system: "system", user: "you", assistant: "answer", tool: "tool" } as const;

/** The few words in a box. */
export function wordsOf(tree: Tree, node: number): string {
  // How things are marked in Markdown says nothing here.
  const words = (tree.words[node] ?? "").replace(/^[#>\s]+|\*\*|`+/g, "").trim();
  if (words !== "") return words;
  if (has(tree, node, "merge")) return `Synthesis of ${tree.merges.get(node)?.length ?? 2}`;
  return {
    streaming: "…",
    failed: "Failed",
    stopped: "Stopped",
    interrupted: "Interrupted",
    complete: "No text",
  }[statusOf(tree, node)];
}

/** `you: How should a client…`, `openai/gpt-x: Use exponential…, failed, bookmarked, branch main` */
export function nameOf(tree: Tree, node: number, branches: readonly string[] = []): string {
  const who = targetOf(tree, node) ?? ROLE[roleOf(tree, node)];
  const more = [
    STATUS[statusOf(tree, node)],
    has(tree, node, "merge") && `merge of ${tree.merges.get(node)?.length ?? 2}`,
    has(tree, node, "bookmark") && "bookmarked",
    branches.length > 0 && `${branches.length === 1 ? "branch" : "branches"} ${branches.join(", ")}`,
  ].filter(Boolean);
  return [`${who}: ${wordsOf(tree, node)}`, ...more].join(", ");
}

/** `50,000 nodes, 11 branches, 6 models` */
export function sizeOf(tree: Tree): string {
  const branches = tree.branches.filter(({ kind, head }) => kind !== "column" || head).length;
  return [
    plural(tree.size, "node"),
    plural(branches, "branch", "branches"),
    plural(tree.targets.length, "model"),
  ].join(", ");
}
