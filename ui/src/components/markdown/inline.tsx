import type { PhrasingContent } from "mdast";
import { useContext, type ReactNode } from "react";
import { DefinitionsOf } from "./definitions";
import { Formula } from "./Formula";
import { Link, Picture } from "./Link";

/** Nested deeper than this is a trick, not a text: it is shown flat. */
export const DEEPEST = 24;

/** Nodes within a line. `caret` goes behind the last character. */
export function inline(nodes: PhrasingContent[], caret?: ReactNode, depth = 0): ReactNode {
  return (
    <>
      {nodes.map((node, i) => (
        <Inline key={i} node={node} depth={depth} />
      ))}
      {caret}
    </>
  );
}

function Inline({ node, depth }: { node: PhrasingContent; depth: number }): ReactNode {
  if (depth > DEEPEST) return plain(node);
  switch (node.type) {
    case "text":
      return node.value;
    case "strong":
      return <strong>{inline(node.children, undefined, depth + 1)}</strong>;
    case "emphasis":
      return <em>{inline(node.children, undefined, depth + 1)}</em>;
    case "delete":
      return <s>{inline(node.children, undefined, depth + 1)}</s>;
    case "inlineCode":
      return <code>{node.value}</code>;
    case "inlineMath":
      return <Formula tex={node.value} display={node.display} />;
    case "break":
      return <br />;
    case "html":
      return /^<br\s*\/?>$/i.test(node.value) ? <br /> : <code>{node.value}</code>;
    case "link":
      return <Link address={node.url}>{inline(node.children, undefined, depth + 1)}</Link>;
    case "image":
      return <Picture address={node.url} alt={node.alt ?? ""} />;
    case "footnoteReference":
      return <NoteMark identifier={node.identifier} label={node.label ?? node.identifier} />;
    case "linkReference":
      return <Referred identifier={node.identifier}>{inline(node.children, undefined, depth + 1)}</Referred>;
    case "imageReference":
      return <ReferredPicture identifier={node.identifier} alt={node.alt ?? ""} />;
    default:
      return plain(node);
  }
}

function Referred({ identifier, children }: { identifier: string; children: ReactNode }) {
  const address = useContext(DefinitionsOf).links.get(identifier);
  return address === undefined ? children : <Link address={address}>{children}</Link>;
}

function ReferredPicture({ identifier, alt }: { identifier: string; alt: string }) {
  const address = useContext(DefinitionsOf).links.get(identifier);
  return address === undefined ? alt : <Picture address={address} alt={alt} />;
}

/** Its note on hover, and beside it on a click. */
function NoteMark({ identifier, label }: { identifier: string; label: string }) {
  const note = useContext(DefinitionsOf).notes.get(identifier);
  if (!note) return <sup>{label}</sup>;
  return (
    <sup>
      <button
        type="button"
        aria-label={`Note ${label}`}
        title={plain(note).slice(0, 400)}
        onClick={({ currentTarget }) => {
          const notes = currentTarget.closest(".markdown")?.querySelectorAll<HTMLElement>("[data-note]");
          const there = [...(notes ?? [])].find((each) => each.dataset["note"] === identifier);
          there?.focus();
          there?.scrollIntoView({ block: "nearest" });
        }}
      >
        {label}
      </button>
    </sup>
  );
}

/** The words of a node, without its form. */
export function plain(node: unknown): string {
  if (typeof node !== "object" || node === null) return "";
  if ("value" in node && typeof node.value === "string") return node.value;
  // Not recursive: this is where nesting that is too deep ends.
  const texts: string[] = [];
  const rest: unknown[] = [node];
  for (let next = rest.pop(); next; next = rest.pop()) {
    const { value, children } = next as { value?: string; children?: unknown[] };
    if (value) texts.push(value);
    if (children) rest.push(...children.toReversed());
  }
  return texts.join(" ");
}
