import type { AlignType, PhrasingContent, RootContent, Table, TableRow } from "mdast";
import type { ReactNode } from "react";
import { destination, safeUrl } from "@/lib/links";
import { copy } from "@/components/copy";
import { Code } from "./Code";
import styles from "./Markdown.module.css";

/** Nested deeper than this is a trick, not a text: it is shown flat. */
const DEEPEST = 24;

/** One node as elements. `caret` goes behind its last character. */
export function render(node: RootContent, caret?: ReactNode, depth = 0): ReactNode {
  if (depth > DEEPEST) return <p>{plain(node)}</p>;
  switch (node.type) {
    case "paragraph":
      return <p dir="auto">{inline(node.children, caret)}</p>;
    case "heading": {
      // The page's own headings stand above those of an answer.
      const Heading = node.depth === 1 ? "h3" : node.depth === 2 ? "h4" : node.depth === 3 ? "h5" : "h6";
      return <Heading dir="auto">{inline(node.children, caret)}</Heading>;
    }
    case "code":
      return <Code code={node.value} lang={node.lang ?? ""} caret={caret} />;
    case "blockquote":
      return <blockquote>{inside(node.children, caret, depth)}</blockquote>;
    case "list": {
      const items = node.children.map((item, i) => (
        <li key={i} dir="auto" className={item.checked == null ? undefined : styles.task}>
          {item.checked != null && (
            <input
              type="checkbox"
              checked={item.checked}
              readOnly
              disabled
              aria-label={item.checked ? "done" : "open"}
            />
          )}
          {item.children.map((child, j) => {
            const end = i === node.children.length - 1 && j === item.children.length - 1 ? caret : undefined;
            // A tight list has its text right in the item.
            return child.type === "paragraph" && !item.spread && !node.spread ? (
              <span key={j} className={styles.tight}>
                {inline(child.children, end)}
              </span>
            ) : (
              <div key={j}>{render(child, end, depth + 1)}</div>
            );
          })}
        </li>
      ));
      return node.ordered ? <ol start={node.start ?? 1}>{items}</ol> : <ul>{items}</ul>;
    }
    case "table":
      return <TableBlock table={node} caret={caret} />;
    case "thematicBreak":
      return <hr />;
    case "html":
      return <Code code={node.value} lang="html" caret={caret} />;
    case "footnoteDefinition":
      return (
        <div className={styles.footnote}>
          <sup>{node.label ?? node.identifier}</sup>
          <div>{inside(node.children, caret, depth)}</div>
        </div>
      );
    case "definition":
      return null;
    default:
      return <p dir="auto">{inline([node as PhrasingContent], caret)}</p>;
  }
}

function inside(children: RootContent[], caret: ReactNode, depth: number): ReactNode {
  return children.map((child, i) => (
    <div key={i}>{render(child, i === children.length - 1 ? caret : undefined, depth + 1)}</div>
  ));
}

function inline(nodes: PhrasingContent[], caret?: ReactNode, depth = 0): ReactNode {
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
    case "break":
      return <br />;
    case "html":
      return <code>{node.value}</code>;
    case "link":
      return <Link address={node.url}>{inline(node.children, undefined, depth + 1)}</Link>;
    case "image":
      return <Picture address={node.url} alt={node.alt ?? ""} />;
    case "footnoteReference":
      return <sup>{node.label ?? node.identifier}</sup>;
    case "linkReference":
      return inline(node.children, undefined, depth + 1);
    case "imageReference":
      return node.alt ?? "";
    default:
      return plain(node);
  }
}

/** Shows where it leads and copies it; it does not lead the window anywhere. */
function Link({ address, children }: { address: string; children: ReactNode }) {
  const url = safeUrl(address);
  if (!url) return <span>{children}</span>;
  return (
    <button
      type="button"
      className={styles.link}
      title={`${url.href}\nClick to copy`}
      onClick={() => void copy(url.href, `Copied the link to ${destination(url)}`)}
    >
      {children}
    </button>
  );
}

/** A picture from elsewhere is never fetched: its description and address stand for it. */
function Picture({ address, alt }: { address: string; alt: string }) {
  const url = safeUrl(address);
  return (
    <span className={styles.picture}>
      <span>Picture{alt && `: ${alt}`}</span>
      {url && (
        <button
          type="button"
          className={styles.link}
          title={`${url.href}\nClick to copy`}
          onClick={() => void copy(url.href, `Copied the address of the picture at ${destination(url)}`)}
        >
          {url.href.length > 60 ? `${url.href.slice(0, 59)}…` : url.href}
        </button>
      )}
    </span>
  );
}

function TableBlock({ table, caret }: { table: Table; caret?: ReactNode }) {
  const [head, ...rows] = table.children;
  const cells = (row: TableRow, Cell: "th" | "td", end?: ReactNode) =>
    row.children.map((cell, i) => (
      <Cell key={i} data-align={align(table.align?.[i])} dir="auto">
        {inline(cell.children, i === row.children.length - 1 ? end : undefined)}
      </Cell>
    ));
  return (
    <div className={styles.table} tabIndex={0} role="group" aria-label="Table">
      <table>
        {head && (
          <thead>
            <tr>{cells(head, "th", rows.length === 0 ? caret : undefined)}</tr>
          </thead>
        )}
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>{cells(row, "td", i === rows.length - 1 ? caret : undefined)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const align = (side: AlignType | undefined) => side ?? undefined;

function plain(node: unknown): string {
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
