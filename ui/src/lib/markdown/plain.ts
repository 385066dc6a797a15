/** Markdown without its marks, as it would be read aloud or pasted into a letter. */
import type { Nodes } from "mdast";
import { blocks, noBlocks } from "./blocks";

const DEEPEST = 24;

export function plainText(markdown: string): string {
  const { done, tail } = blocks(noBlocks, markdown, true);
  return [...done, ...tail]
    .map(({ node }) => textOf(node, 0))
    .filter(Boolean)
    .join("\n\n");
}

function textOf(node: Nodes, depth: number): string {
  if (depth > DEEPEST) return "";
  const each = (children: readonly Nodes[], between: string) =>
    children.map((child) => textOf(child, depth + 1)).join(between);
  switch (node.type) {
    case "definition":
      return "";
    case "break":
      return "\n";
    case "image":
    case "imageReference":
      return node.alt ?? "";
    case "footnoteReference":
      return `[${node.label ?? node.identifier}]`;
    case "footnoteDefinition":
      return `[${node.label ?? node.identifier}] ${each(node.children, "\n")}`;
    case "list":
      return node.children
        .map((item, i) => {
          const mark = node.ordered ? `${(node.start ?? 1) + i}. ` : "- ";
          const done = item.checked == null ? "" : item.checked ? "[x] " : "[ ] ";
          const text = each(item.children, "\n").replaceAll("\n", `\n${" ".repeat(mark.length)}`);
          return mark + done + text;
        })
        .join("\n");
    case "table":
      return each(node.children, "\n");
    case "tableRow":
      return each(node.children, "\t");
    case "blockquote":
      return each(node.children, "\n\n");
    default:
      return "value" in node ? node.value : "children" in node ? each(node.children, "") : "";
  }
}
