import type { ListItem, PhrasingContent, RootContent } from "mdast";
import { memo, type ReactNode } from "react";
import { Code } from "./Code";
import { Formula } from "./Formula";
import { DEEPEST, inline, plain } from "./inline";
import styles from "./Markdown.module.css";
import { TableBlock } from "./Table";

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
    case "math":
      // Half a formula is none: its source is shown until it is whole.
      return node.open ? (
        <p className={styles.openFormula}>
          {`$$${node.value}`}
          {caret}
        </p>
      ) : (
        <Formula tex={node.value} display block caret={caret} />
      );
    case "blockquote":
      return <blockquote>{inside(node.children, caret, depth)}</blockquote>;
    case "list": {
      const loose = node.spread === true;
      const items = node.children.map((item, i) => (
        <Item
          key={i}
          item={item}
          loose={loose}
          depth={depth}
          caret={i === node.children.length - 1 ? caret : undefined}
        />
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
        <div className={styles.footnote} data-note={node.identifier} tabIndex={-1}>
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

/** An item that did not change does not render again while those below it are written. */
const Item = memo(function Item({
  item,
  loose,
  depth,
  caret,
}: {
  item: ListItem;
  loose: boolean;
  depth: number;
  caret?: ReactNode;
}) {
  return (
    <li dir="auto" className={item.checked == null ? undefined : styles.task}>
      {item.checked != null && (
        <input
          type="checkbox"
          checked={item.checked}
          readOnly
          disabled
          aria-label={item.checked ? "done" : "open"}
        />
      )}
      {item.children.length === 0 && caret}
      {item.children.map((child, i) => {
        const end = i === item.children.length - 1 ? caret : undefined;
        // A tight list has its text right in the item.
        return child.type === "paragraph" && !item.spread && !loose ? (
          <span key={i} className={styles.tight}>
            {inline(child.children, end)}
          </span>
        ) : (
          <div key={i}>{render(child, end, depth + 1)}</div>
        );
      })}
    </li>
  );
});

function inside(children: RootContent[], caret: ReactNode, depth: number): ReactNode {
  return children.map((child, i) => (
    <div key={i}>{render(child, i === children.length - 1 ? caret : undefined, depth + 1)}</div>
  ));
}
