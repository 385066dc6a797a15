import type { Nodes, RootContent } from "mdast";
import { createContext } from "react";
import type { Block } from "@/lib/markdown/blocks";

/** Addresses and notes that other places of the text refer to, by identifier. */
export type Definitions = {
  links: ReadonlyMap<string, string>;
  notes: ReadonlyMap<string, RootContent>;
};

export const noDefinitions: Definitions = { links: new Map(), notes: new Map() };
export const DefinitionsOf = createContext<Definitions>(noDefinitions);

/** The first definition of an identifier holds, wherever it stands. */
export function definitionsIn(blocks: readonly Block[]): Definitions {
  const links = new Map<string, string>();
  const notes = new Map<string, RootContent>();
  const rest: Nodes[] = blocks.map(({ node }) => node).toReversed();
  for (let node = rest.pop(); node; node = rest.pop()) {
    if (node.type === "definition" && !links.has(node.identifier)) links.set(node.identifier, node.url);
    if (node.type === "footnoteDefinition" && !notes.has(node.identifier)) notes.set(node.identifier, node);
    // Neither stands inside a line of text.
    if ("children" in node && node.type !== "paragraph" && node.type !== "heading" && node.type !== "table")
      rest.push(...node.children.toReversed());
  }
  return { links, notes };
}
