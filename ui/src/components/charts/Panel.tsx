import { Table2 } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
import { Button, IconButton } from "@/components/Button";
import { Table, TableRow } from "@/components/Table";
import { saveTable } from "@/components/saveTable";
import { asCsv } from "@/lib/csv";
import styles from "./Charts.module.css";

export type Figures = {
  head: readonly string[];
  /** What is unknown is `null`. */
  rows: readonly (readonly (string | number | null)[])[];
};

type Props = {
  title: string;
  /** Units, and what it is of. */
  about: string;
  /** The same in figures. */
  figures: () => Figures;
  /** Name of the file, without an ending. */
  file: string;
  children: ReactNode;
};

/** A chart under its title, with the same as a table, and as a file. */
export function Panel({ title, about, figures, file, children }: Props) {
  const id = useId();
  const [table, setTable] = useState(false);
  return (
    <section className={styles.panel} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        <span className={styles.about}>{about}</span>
        <span className={styles.space} />
        <IconButton
          label={`${title} as a table`}
          aria-pressed={table}
          onClick={() => setTable((shown) => !shown)}
        >
          <Table2 size={14} />
        </IconButton>
        <Button
          small
          kind="ghost"
          aria-label={`Save ${title} as CSV`}
          onClick={() => {
            const { head, rows } = figures();
            void saveTable(`${file}.csv`, asCsv(head, rows));
          }}
        >
          CSV
        </Button>
      </header>
      {table ? <Rows title={title} {...figures()} /> : children}
    </section>
  );
}

function Rows({ title, head, rows }: Figures & { title: string }) {
  return (
    <div className={styles.table} role="region" aria-label={`${title}, table`} tabIndex={0}>
      <Table
        label={title}
        columns={head.map((name, i) => ({ title: name, right: i > 0, ...(i === 0 && { width: "34%" }) }))}
      >
        {rows.map((row, i) => (
          <TableRow key={i}>
            {row.map((value, column) => (
              <td key={column} data-right={column > 0 || undefined}>
                {value === null ? <span className={styles.unknown}>unknown</span> : value}
              </td>
            ))}
          </TableRow>
        ))}
      </Table>
    </div>
  );
}
