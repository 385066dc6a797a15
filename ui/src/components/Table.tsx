import type { ComponentProps, ReactNode } from "react";
import { cx } from "@/lib/classes";
import styles from "./Table.module.css";

export type Column = {
  title: string;
  /** A CSS width; what is left goes to those without one. */
  width?: string;
  /** Figures stand at the right. */
  right?: boolean;
  /** Read out, not shown. */
  silent?: boolean;
  /** Left out where there is little room; `wide`: only there where there is much. The cells say the same. */
  extra?: boolean | "wide";
};

/** Rows of 28 px under their heads. Rows are {@link TableRow}s, cells plain `td`s; `data-right` for figures. */
export function Table({
  label,
  columns,
  className,
  children,
}: {
  label: string;
  columns: readonly Column[];
  className?: string;
  children: ReactNode;
}) {
  return (
    <div className={styles.around}>
      <table className={cx(styles.table, className)} aria-label={label}>
        <colgroup>
          {columns.map(({ title, width, extra }) => (
            <col key={title} style={{ width }} data-extra={extra} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map(({ title, right, silent, extra }) => (
              <th key={title} scope="col" data-right={right || undefined} data-extra={extra}>
                {silent ? <span className="srOnly">{title}</span> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** A row; `selected` is what the view beside the table shows. */
export function TableRow({ selected, className, ...rest }: ComponentProps<"tr"> & { selected?: boolean }) {
  return <tr {...rest} className={cx(selected && styles.selected, className)} />;
}
