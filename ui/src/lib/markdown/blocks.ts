/**
 * Markdown in blocks. Text that grows at its end changes only its last block, so every block before that is parsed
 * once. CommonMark closes a block for good when the next one at the top level begins; what comes later can still
 * change the *inline* reading of earlier blocks through link definitions, so a finished text that has any is read
 * once more as a whole. Only what was added is looked at: what a token costs does not grow with the answer.
 */
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import type { List, RootContent, Table } from "mdast";
import { Growing } from "./growing";
import { mathNodes, mathSyntax } from "./math";
import { lengthened } from "./words";

export type Block = {
  /** Offset in the text where it begins: stable, so it is also its key. */
  at: number;
  node: RootContent;
};

export type Blocks = {
  source: Growing;
  done: readonly Block[];
  /** Where the unfinished part begins. */
  open: number;
  /** The text from there on. */
  rest: string;
  tail: readonly Block[];
  whole: boolean;
  /** Whether a link or footnote definition has been seen. */
  defines: boolean;
  /** What of the unfinished block need not be read again. */
  head: Head | null;
};

/** The beginning of a block that is still open. */
type Head =
  | {
      kind: "fence";
      fence: string;
      indent: number;
      lang: string | null;
      meta: string | null;
      body: number;
      /** Nothing before this closes it. */
      looked: number;
    }
  /** Children that cannot change any more; the text is read again from `from` on. */
  | { kind: "list"; node: List; from: number }
  | { kind: "table"; node: Table; from: number; titles: string };

export const noBlocks: Blocks = {
  source: Growing.of(""),
  done: [],
  open: 0,
  rest: "",
  tail: [],
  whole: false,
  defines: false,
  head: null,
};

const extensions = [gfm({ singleTilde: false }), mathSyntax];
const mdastExtensions = [gfmFromMarkdown(), mathNodes];
/** A link or footnote definition: the only thing that reaches back into earlier blocks. */
const definition = /^ {0,3}\[[^\]\n]+\]:/m;
/** A line that begins one may be cut between two batches: so much of what came before is looked at again. */
const DEFINITION_REACH = 300;
/** Lists and tables with more children than this are read from their end only. */
const LONG = 8;
/** Items or rows at the end that are read again: those to which the next words may belong. */
const KEPT = 2;

/** Counts what was parsed, for tests that prove how little it is. */
export const parsed = { characters: 0 };

/** The blocks of `text`, re-using those of `before` when the text only grew. */
export function blocks(before: Blocks, text: string | Growing, finished: boolean): Blocks {
  const source = typeof text === "string" ? grownFrom(before.source, text) : text;
  const added = before.whole ? null : source.since(before.source);
  if (source.since(before.source) === "" && before.whole === finished) return before;
  const grown: Blocks =
    added === null ? { ...noBlocks, rest: String(source) } : { ...before, rest: before.rest + added };
  grown.source = source;
  grown.defines ||= definition.test(
    grown.rest.slice(-(added?.length ?? grown.rest.length) - DEFINITION_REACH),
  );
  if (finished && grown.defines) {
    const all = parse(String(source), 0);
    return { ...noBlocks, source, done: all, open: source.length, whole: true, defines: true };
  }
  if (!finished) {
    const [last] = before.tail;
    const longer = last && added ? lengthened(last, before.rest, added) : null;
    if (longer) return { ...grown, tail: longer === last ? before.tail : [longer], whole: false };
    const open = goOn(grown);
    if (open) return open;
  }

  const found = parse(grown.rest, grown.open);
  const last = found.at(-1);
  if (finished || !last) return { ...grown, tail: found, whole: finished, head: null };
  const next: Blocks = {
    ...grown,
    done: [...grown.done, ...found.slice(0, -1)],
    open: last.at,
    rest: grown.rest.slice(last.at - grown.open),
    tail: [last],
    whole: false,
    head: null,
  };
  next.head = headOf(next, grown.open - last.at);
  return next;
}

/** For sources that come as plain strings: the same value when they only grew. */
function grownFrom(before: Growing, text: string): Growing {
  const known = String(before);
  if (text === known) return before;
  return known !== "" && text.startsWith(known) ? before.add(text.slice(known.length)) : Growing.of(text);
}

/** The open block, read from where it may still change; `null` when it has to be read as a whole. */
function goOn(grown: Blocks): Blocks | null {
  const head = grown.head ?? fenceAt(grown.rest);
  if (!head) return null;
  switch (head.kind) {
    case "fence": {
      const looked = openUntil(head, grown.rest);
      if (looked === null) return null;
      const body = grown.rest.slice(head.body);
      const value = head.indent ? body.replace(new RegExp(`^ {0,${head.indent}}`, "gm"), "") : body;
      const node: RootContent = {
        type: "code",
        lang: head.lang,
        meta: head.meta,
        value: value.endsWith("\n") ? value.slice(0, -1) : value,
      };
      return { ...grown, head: { ...head, looked }, tail: [{ at: grown.open, node }], whole: false };
    }
    case "list": {
      const [list, ...more] = parse(grown.rest.slice(head.from), 0);
      if (more.length > 0 || list?.node.type !== "list") return null;
      if (list.node.ordered !== head.node.ordered) return null;
      const node: List = {
        ...head.node,
        spread: head.node.spread === true || list.node.spread === true,
        children: [...head.node.children, ...list.node.children],
      };
      const next = { ...grown, tail: [{ at: grown.open, node }], whole: false };
      return { ...next, head: headOf(next, head.from) };
    }
    case "table": {
      const [table, ...more] = parse(head.titles + grown.rest.slice(head.from), 0);
      if (more.length > 0 || table?.node.type !== "table") return null;
      const node: Table = {
        ...head.node,
        children: [...head.node.children, ...table.node.children.slice(1)],
      };
      const next = { ...grown, tail: [{ at: grown.open, node }], whole: false };
      return { ...next, head: headOf(next, head.from - head.titles.length) };
    }
  }
}

/** What of the last block cannot change any more. `shift`: where in the rest its newest offsets are counted from. */
function headOf({ tail: [block], rest }: Blocks, shift: number): Head | null {
  const node = block?.node;
  if (!node) return null;
  if (node.type === "code") return fenceAt(rest);
  if ((node.type !== "list" && node.type !== "table") || node.children.length <= LONG) return null;
  const edge = node.children.at(-KEPT);
  // Offsets of the children that were read last; those before them are not read again anyway.
  const offset = edge?.position?.start.offset;
  if (offset === undefined) return null;
  const from = rest.lastIndexOf("\n", shift + offset - 1) + 1;
  if (node.type === "list")
    return { kind: "list", from, node: { ...node, children: node.children.slice(0, -KEPT) } };
  const titles = /^[^\n]*\n[^\n]*\n/.exec(rest)?.[0];
  if (!titles) return null;
  return { kind: "table", from, titles, node: { ...node, children: node.children.slice(0, -KEPT) } };
}

function parse(text: string, offset: number): Block[] {
  parsed.characters += text.length;
  return fromMarkdown(text, { extensions, mdastExtensions }).children.map((node) => {
    const start = node.position?.start.offset ?? 0;
    // From the start of its line: the indentation decides how the lines after it are read.
    return { at: offset + text.lastIndexOf("\n", start - 1) + 1, node };
  });
}

/** A fence at the beginning: its text is read without the parser, since a program would be parsed again at every token. */
function fenceAt(rest: string): (Head & { kind: "fence" }) | null {
  const opening = /^( {0,3})(`{3,}|~{3,})([^\n]*)\n/.exec(rest.slice(0, 400));
  if (!opening) return null;
  const [line, indent = "", fence = "", info = ""] = opening;
  if (fence.startsWith("`") && info.includes("`")) return null;
  const [lang = "", ...meta] = info.trim().split(/\s+/);
  return {
    kind: "fence",
    fence,
    indent: indent.length,
    lang: lang || null,
    meta: meta.join(" ") || null,
    body: line.length,
    looked: line.length,
  };
}

/** How far the text was looked through without finding a line that closes the fence; `null` when there is one. */
function openUntil(head: Head & { kind: "fence" }, rest: string): number | null {
  const mark = head.fence.charAt(0);
  const closing = new RegExp(`^ {0,3}${mark}{${head.fence.length},}[ \\t]*$`, "m");
  if (closing.test(rest.slice(head.looked))) return null;
  // The last line may still become one.
  return Math.max(head.body, rest.lastIndexOf("\n") + 1);
}
