import { Copy } from "lucide-react";
import type { AlignType, Table, TableRow } from "mdast";
import { memo, type ReactNode } from "react";
import { IconButton } from "@/components/Button";
import { copy } from "@/components/copy";
import { inline, plain } from "./inline";
import styles from "./Markdown.module.css";

/** A table scrolls sideways under its own head, and can be taken to a spreadsheet. */
export function TableBlock({ table, caret }: { table: Table; caret?: ReactNode }) {
  const [head, ...rows] = table.children;
  return (
    <div className={styles.tableBox}>
      <div className={styles.table} tabIndex={0} role="group" aria-label="Table">
        <table>
          {head && (
            <thead>
              <Row row={head} cell="th" sides={table.align} caret={rows.length === 0 ? caret : undefined} />
            </thead>
          )}
          <tbody>
            {rows.map((row, i) => (
              <Row
                key={i}
                row={row}
                cell="td"
                sides={table.align}
                caret={i === rows.length - 1 ? caret : undefined}
              />
            ))}
          </tbody>
        </table>
      </div>
      <IconButton
        label="Copy table"
        className={styles.copyTable}
        onClick={() => void copy(tsv(table), "Copied the table, cells parted by tabs")}
      >
        <Copy size={14} />
      </IconButton>
    </div>
  );
}

/** A row that did not change does not render again while those below it are written. */
const Row = memo(
  function Row({
    row,
    cell: Cell,
    sides,
    caret,
  }: {
    row: TableRow;
    cell: "th" | "td";
    sides: Table["align"];
    caret?: ReactNode;
  }) {
    return (
      <tr>
        {row.children.map((cell, i) => (
          <Cell key={i} data-align={side(sides?.[i])} dir="auto" scope={Cell === "th" ? "col" : undefined}>
            {inline(cell.children, i === row.children.length - 1 ? caret : undefined)}
          </Cell>
        ))}
      </tr>
    );
  },
  (a, b) => a.row === b.row && a.caret === b.caret,
);

const side = (align: AlignType | undefined) => align ?? undefined;

function tsv(table: Table): string {
  return table.children
    .map((row) => row.children.map((cell) => plain(cell).replace(/\s+/g, " ").trim()).join("\t"))
    .join("\n");
}
