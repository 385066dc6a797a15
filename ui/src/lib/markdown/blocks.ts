/**
 * Markdown in blocks. Text that grows at its end changes only its last block, so every block before that is parsed
 * once. CommonMark closes a block for good when the next one at the top level begins; what comes later can still
 * change the *inline* reading of earlier blocks through link definitions, so a finished text that has any is read
 * once more as a whole.
 */
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import type { RootContent } from "mdast";

export type Block = {
  /** Offset in the text where it begins: stable, so it is also its key. */
  at: number;
  node: RootContent;
};

export type Blocks = {
  source: string;
  done: readonly Block[];
  /** Where the unfinished part begins. */
  open: number;
  tail: readonly Block[];
  whole: boolean;
};

export const noBlocks: Blocks = { source: "", done: [], open: 0, tail: [], whole: false };

const extensions = [gfm({ singleTilde: false })];
const mdastExtensions = [gfmFromMarkdown()];
/** A link or footnote definition: the only thing that reaches back into earlier blocks. */
const definition = /^ {0,3}\[[^\]\n]+\]:/m;

/** The blocks of `source`, re-using those of `before` when the text only grew. */
export function blocks(before: Blocks, source: string, finished: boolean): Blocks {
  if (source === before.source && before.whole === finished) return before;
  if (finished && definition.test(source)) {
    const all = parse(source, 0);
    return { source, done: all, open: source.length, tail: [], whole: true };
  }
  const grown = source.startsWith(before.source) && !before.whole ? before : noBlocks;
  const fence = openFence(source, grown.open);
  if (fence && !finished) return { ...grown, source, tail: [{ at: grown.open, node: fence }], whole: false };

  const parsed = parse(source.slice(grown.open), grown.open);
  const last = parsed.at(-1);
  if (finished || !last) return { source, done: grown.done, open: grown.open, tail: parsed, whole: finished };
  return { source, done: [...grown.done, ...parsed.slice(0, -1)], open: last.at, tail: [last], whole: false };
}

function parse(text: string, offset: number): Block[] {
  return fromMarkdown(text, { extensions, mdastExtensions }).children.map((node) => {
    const start = node.position?.start.offset ?? 0;
    // From the start of its line: the indentation decides how the lines after it are read.
    return { at: offset + text.lastIndexOf("\n", start - 1) + 1, node };
  });
}

/** A fence that nothing closes yet: read without the parser, since a long program would be parsed again at every token. */
function openFence(source: string, from: number): RootContent | null {
  const opening = /^( {0,3})(`{3,}|~{3,})([^\n]*)\n/.exec(source.slice(from, from + 200));
  if (!opening) return null;
  const [line, indent = "", fence = "", info = ""] = opening;
  if (fence.startsWith("`") && info.includes("`")) return null;
  const body = source.slice(from + line.length);
  const mark = fence.charAt(0);
  if (new RegExp(`^ {0,3}${mark}{${fence.length},}[ \\t]*$`, "m").test(body)) return null;
  const value = indent ? body.replace(new RegExp(`^ {0,${indent.length}}`, "gm"), "") : body;
  const lang = info.trim().split(/\s+/)[0];
  return { type: "code", lang: lang || null, value: value.replace(/\n$/, "") };
}
