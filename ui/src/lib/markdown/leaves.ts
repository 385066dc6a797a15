/** The words of Markdown as a reader meets them: one string for each paragraph, cell, block of code and the like. */
import type { Nodes } from "mdast";

/** Stands where something is that is not made of words: a formula, a picture. */
export const NO_WORDS = "\uFFFC";

const DEEPEST = 24;
/** A block that did not change is not read again. */
const known = new WeakMap<Nodes, readonly string[]>();

export function leaves(node: Nodes): readonly string[] {
  let found = known.get(node);
  if (!found) {
    const all: string[] = [];
    gather(node, 0, all);
    known.set(node, (found = all));
  }
  return found;
}

function gather(node: Nodes, depth: number, into: string[]): void {
  switch (node.type) {
    case "paragraph":
    case "heading":
    case "tableCell":
      into.push(node.children.map((child) => line(child, depth)).join(""));
      break;
    case "code":
    case "html":
      into.push(node.value);
      break;
    case "footnoteDefinition":
      into.push(node.label ?? node.identifier);
      node.children.forEach((child) => gather(child, depth + 1, into));
      break;
    case "definition":
    case "thematicBreak":
      break;
    default:
      if ("children" in node && depth <= DEEPEST)
        node.children.forEach((child) => gather(child, depth + 1, into));
      else into.push(line(node, depth));
  }
}

/** What stands within a line. */
function line(node: Nodes, depth: number): string {
  switch (node.type) {
    case "text":
    case "inlineCode":
      return node.value;
    case "html":
      return /^<br\s*\/?>$/i.test(node.value) ? "\n" : node.value;
    case "break":
      return "\n";
    case "footnoteReference":
      return node.label ?? node.identifier;
    default:
      return "children" in node && depth <= DEEPEST
        ? node.children.map((child) => line(child, depth + 1)).join("")
        : NO_WORDS;
  }
}
