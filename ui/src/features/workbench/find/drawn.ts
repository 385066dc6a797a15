/** The same words in what is drawn: as ranges of the document, which is left as it is. */
import { NO_WORDS } from "@/lib/markdown/leaves";
import { leaveEnd } from "../answer/following";
import { samePlace, type Hit, type Place } from "./places";

type Leaf = { text: string; nodes: { node: Text; from: number }[] };

/** Words do not go on across these. */
const blocks = new Set(
  "P H1 H2 H3 H4 H5 H6 LI UL OL TD TH TR TABLE THEAD TBODY PRE DIV BLOCKQUOTE HR SECTION".split(" "),
);

/** The places of the turn that is open, as far as they are drawn. */
export function drawnPlaces(stage: Element, depth: number): { place: Omit<Place, "folds">; root: Element }[] {
  const prompt = stage.querySelector("[data-said]");
  const columns = [...stage.querySelectorAll<HTMLElement>("[data-branch]")].flatMap((column) => {
    const branch = column.dataset["branch"] ?? null;
    const own = column.querySelector("[data-own]");
    const parts = [...(column.querySelector("[data-parts]")?.children ?? [])];
    return [
      ...(own ? [{ place: { depth, branch, part: null }, root: own }] : []),
      ...parts.map((root, part) => ({ place: { depth, branch, part }, root })),
    ];
  });
  return [...(prompt ? [{ place: { depth, branch: null, part: null }, root: prompt }] : []), ...columns];
}

/** All ranges of what is looked for; and the one of `current`, where it is drawn. */
export function rangesIn(
  places: ReturnType<typeof drawnPlaces>,
  wanted: RegExp,
  current: Hit | null,
): { all: Range[]; current: Range | null } {
  const all: Range[] = [];
  let at: Range | null = null;
  for (const { place, root } of places) {
    const found = leavesOf(root).flatMap((leaf) =>
      [...leaf.text.matchAll(wanted)].map((match) =>
        rangeOf(leaf, match.index, match.index + match[0].length),
      ),
    );
    all.push(...found);
    // What is written at this moment may be a few words further here than there.
    if (current && samePlace({ ...place, folds: "" }, current.place))
      at = found[Math.min(current.nth, found.length - 1)] ?? null;
  }
  return { all, current: at };
}

function leavesOf(root: Element): Leaf[] {
  const leaves: Leaf[] = [{ text: "", nodes: [] }];
  const last = () => leaves[leaves.length - 1] as Leaf;
  const gather = (parent: Node) => {
    for (const child of parent.childNodes) {
      if (child instanceof Text) {
        last().nodes.push({ node: child, from: last().text.length });
        last().text += child.data;
      } else if (child instanceof Element) {
        // What is the window's own, or not made of words.
        if (child.matches("[data-aside], [aria-expanded], .srOnly")) {
          last().text += NO_WORDS;
          continue;
        }
        if (child.tagName === "BR") last().text += "\n";
        const apart = blocks.has(child.tagName);
        if (apart) leaves.push({ text: "", nodes: [] });
        gather(child);
        if (apart) leaves.push({ text: "", nodes: [] });
      }
    }
  };
  gather(root);
  return leaves.filter(({ text }) => text !== "");
}

function rangeOf({ nodes }: Leaf, start: number, end: number): Range {
  const range = new Range();
  const within = (offset: number, isEnd: boolean) => {
    // Of two nodes that meet here, an end belongs to the first and a start to the second.
    const found = nodes.findLast(({ from }) => (isEnd ? from < offset : from <= offset)) ?? nodes[0];
    return found && ([found.node, Math.min(offset - found.from, found.node.length)] as const);
  };
  const from = within(start, false);
  const to = within(end, true);
  if (from) range.setStart(...from);
  if (to) range.setEnd(...to);
  return range;
}

const NAMES = { all: "found", current: "found-now" };

/** Colours ranges without touching what they are in, where the web view can do that. */
export function highlight(ranges: { all: readonly Range[]; current: Range | null } | null): void {
  if (typeof Highlight === "undefined" || !("highlights" in CSS)) return;
  if (!ranges || ranges.all.length === 0) {
    Object.values(NAMES).forEach((name) => CSS.highlights.delete(name));
    return;
  }
  CSS.highlights.set(NAMES.all, new Highlight(...ranges.all));
  if (ranges.current) {
    const now = new Highlight(ranges.current);
    now.priority = 1;
    CSS.highlights.set(NAMES.current, now);
  } else CSS.highlights.delete(NAMES.current);
}

/** What is nearer to an edge than this counts as not seen. */
const EDGE_PX = 40;

/** Scrolls all that has to be scrolled, and no more than that, until the range is seen. */
export function bringIntoView(range: Range, stage: Element): void {
  const element = range.startContainer.parentElement;
  const body = element?.closest("[data-answer-body]");
  if (body) leaveEnd(body);
  // What has not been laid out yet is now.
  element?.scrollIntoView({ block: "nearest", inline: "nearest" });
  for (let box = element; box && box !== stage.parentElement; box = box.parentElement) {
    const down = box.scrollHeight > box.clientHeight;
    const across = box.scrollWidth > box.clientWidth;
    if (!down && !across) continue;
    const style = getComputedStyle(box);
    const edges = box.getBoundingClientRect();
    const at = range.getBoundingClientRect();
    if (down && style.overflowY !== "visible") {
      if (at.top < edges.top + EDGE_PX || at.bottom > edges.bottom - EDGE_PX)
        box.scrollTop += at.top - edges.top - box.clientHeight / 3;
    }
    if (across && style.overflowX !== "visible") {
      if (at.left < edges.left + EDGE_PX || at.right > edges.right - EDGE_PX)
        box.scrollLeft += at.left - edges.left - box.clientWidth / 3;
    }
  }
}
