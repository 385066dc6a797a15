import { ExportForm } from "./ExportForm";
import styles from "./Moving.module.css";

const all: readonly string[] = [];

/** All conversations, archived ones too, into one file. */
export function ExportSection() {
  return (
    <section className={styles.part} aria-labelledby="export-head">
      <h2 id="export-head">Export</h2>
      <p className={styles.quiet}>
        All conversations, archived ones too. Single ones are exported from their menu.
      </p>
      <ExportForm conversations={all} />
    </section>
  );
}
