/**
 * Most of what a model adds to a text is plain words. Where such words can only lengthen the last piece of text, the
 * tree is lengthened too, and nothing is parsed.
 */
import type { Paragraph, RootContent, Text } from "mdast";
import type { Block } from "./blocks";

/** Characters that begin, end or change nothing in the middle of a line. */
const plain = /^[\p{L}\p{M}\p{N} ,.!?"'()%’‘“”–—…-]+$/u;
/** A word that more characters can turn into a link, a character reference or a formula. */
const glues = /[&@:/\\]|www/i;
/** A line that has begun with a word is a line of text, whatever comes. */
const begun = /^["'(“‘\p{L}\p{N}][^\s.)]* +\S/u;

/** The last block with these words behind it; `null` when they may mean more, so that it has to be parsed. */
export function lengthened(block: Block, before: string, added: string): Block | null {
  if (!plain.test(added)) return null;
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const written = line.trimEnd();
  const word = line.slice(line.lastIndexOf(" ") + 1) + added;
  if (glues.test(word)) return null;
  const node = inLast(block.node, (leaf, at, paragraph) => {
    const first = paragraph.children[0];
    // The beginning of a link's definition.
    if (first?.type === "text" && first.value.startsWith("[")) return null;
    const last = leaf.value.slice(leaf.value.lastIndexOf("\n") + 1);
    const settled = (at > 0 && last === leaf.value) || begun.test(last);
    // What stands there is what was written: nothing of it was syntax.
    if (!settled || last === "" || !written.endsWith(last)) return null;
    const value = (leaf.value + line.slice(written.length) + added).replace(/ +$/, "");
    return value === leaf.value ? leaf : { ...leaf, value };
  });
  return node && (node === block.node ? block : { ...block, node });
}

type Change = (leaf: Text, at: number, paragraph: Paragraph) => Text | null;

/** A copy of `node` whose last piece of text is changed; the node itself when nothing changes. */
function inLast(node: RootContent, change: Change, depth = 0): RootContent | null {
  if (depth > DEEPEST) return null;
  switch (node.type) {
    case "paragraph": {
      const at = node.children.length - 1;
      const leaf = node.children[at];
      if (leaf?.type !== "text") return null;
      const changed = change(leaf, at, node);
      return changed && (changed === leaf ? node : { ...node, children: node.children.with(at, changed) });
    }
    case "list":
    case "listItem":
    case "blockquote": {
      const at = node.children.length - 1;
      const child = node.children[at];
      if (!child) return null;
      const changed = inLast(child, change, depth + 1);
      if (!changed || changed === child) return changed && node;
      return { ...node, children: (node.children as RootContent[]).with(at, changed) } as RootContent;
    }
    default:
      return null;
  }
}

/** Deeper lists are parsed. */
const DEEPEST = 16;
