import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorState, Skeleton } from "@/components/States";
import { ipc, reason, type DataKind, type DataReport } from "@/ipc";
import { counted, size } from "@/lib/sizes";
import { Backups } from "./Backups";
import { Care } from "./Care";
import { Erase } from "./Erase";
import { Page } from "./Page";
import styles from "./Settings.module.css";

const kinds: Record<DataKind, { title: string; of: (count: number) => string }> = {
  conversations: { title: "Conversations", of: (n) => counted(n, "conversation") },
  search: { title: "Search index", of: () => "" },
  attachments: { title: "Attachments", of: (n) => counted(n, "file") },
  exchanges: { title: "Raw requests and answers", of: (n) => counted(n, "call") },
  cache: { title: "Answers given again", of: (n) => counted(n, "answer") },
  free: { title: "Unused space", of: () => "" },
  log: { title: "Write-ahead log", of: () => "" },
  backups: { title: "Backups", of: (n) => counted(n, "copy", "copies") },
  kept: { title: "Replaced data files", of: (n) => counted(n, "file") },
};

/** What there is on disk, and what can be done with it. `children`: how it comes in, and leaves. */
export function DataPage({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["data", "report"],
    queryFn: () => ipc().dataReport(),
  });
  return (
    <Page title="Data">
      {error ? (
        <ErrorState title="The data cannot be measured" why={reason(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton rows={8} label="Measuring the data" />
      ) : (
        <Sizes report={data} />
      )}
      {children}
      <Backups />
      <Care />
      {data && <Erase report={data} />}
    </Page>
  );
}

/** Each kind as a bar from zero, with its figures beside it. */
function Sizes({ report }: { report: DataReport }) {
  const most = Math.max(...report.sizes.map(({ kib }) => kib), 1);
  return (
    <section className={styles.part} aria-labelledby="data-sizes">
      <h2 id="data-sizes">{size(report.kib)} on this machine</h2>
      <p className={styles.quiet}>
        All of it is in <span className={styles.mono}>{report.home}</span>
      </p>
      <ul className={styles.bars}>
        {report.sizes
          .filter(({ kib, count }) => kib > 0 || count > 0)
          .map(({ kind, kib, count }) => (
            <li key={kind}>
              <span>{kinds[kind].title}</span>
              <span className={styles.bar} aria-hidden="true">
                <i style={{ width: `${(kib / most) * 100}%` }} />
              </span>
              <span className={styles.quiet}>{kinds[kind].of(count)}</span>
              <span className={styles.num}>{size(kib)}</span>
            </li>
          ))}
      </ul>
    </section>
  );
}
