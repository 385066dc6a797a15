import { useId, type ReactNode } from "react";
import { cx } from "@/lib/classes";
import { useQuestion, useSpend } from "./api";
import styles from "./InsightsSide.module.css";
import { bases, reports, showOnly, showReport, splitBy, useView } from "./view";
import { called, colourOf, spent } from "./words";

/** Which report, split by what, and of which line. */
export function InsightsSide({ onRatings }: { onRatings: () => void }) {
  const { report, period, by, only } = useView();
  // All lines, also while one of them is looked at.
  const question = useQuestion();
  const { data } = useSpend({ ...question, only: null });
  const name = useId();
  const basis = bases.find(({ value }) => value === by);
  const total = (data?.lines.length ?? 0) + (data?.otherCount ?? 0);
  return (
    <nav className={styles.side} aria-label="Reports">
      <Group title="Reports">
        {reports.map(({ value, label }) => (
          <button
            key={value}
            type="button"
            className={cx(styles.row, report === value && styles.chosen)}
            aria-current={report === value ? "page" : undefined}
            onClick={() => showReport(value)}
          >
            {label}
          </button>
        ))}
        <button type="button" className={styles.row} onClick={onRatings}>
          Rating board
        </button>
      </Group>
      <Group title="Split by">
        <div role="radiogroup" aria-label="Split by">
          {bases.map(({ value, label }) => (
            <label key={value} className={styles.radio}>
              <input type="radio" name={name} checked={by === value} onChange={() => splitBy(value)} />
              {label}
            </label>
          ))}
        </div>
      </Group>
      <Group
        title={basis ? `${basis.label}s`.replace("Class of prompts", "Classes of prompts") : ""}
        count={
          data && total > 0 ? (data.otherCount > 0 ? `${data.lines.length} of ${total}` : String(total)) : ""
        }
      >
        {data?.lines.length === 0 && (
          <p className={styles.none}>None {period === "all" ? "yet" : "in this time"}</p>
        )}
        {data?.lines.map((line, place) => (
          <button
            key={line.id}
            type="button"
            className={cx(styles.row, only?.id === line.id && styles.chosen)}
            aria-pressed={only?.id === line.id}
            title={line.name || called(by, line)}
            onClick={() => showOnly({ id: line.id, name: line.name })}
          >
            <i style={{ background: colourOf(by, line, place) }} />
            <bdi>{called(by, line)}</bdi>
            <span>{spent(line.sum, true)}</span>
          </button>
        ))}
      </Group>
    </nav>
  );
}

function Group({ title, count, children }: { title: string; count?: string; children: ReactNode }) {
  const id = useId();
  return (
    <section className={styles.group} aria-labelledby={id}>
      <h2 id={id}>
        {title}
        {count && <span>{count}</span>}
      </h2>
      {children}
    </section>
  );
}
