import { useQuery } from "@tanstack/react-query";
import { Copy } from "lucide-react";
import { IconButton } from "@/components/Button";
import { copy } from "@/components/copy";
import { ErrorState, Skeleton } from "@/components/States";
import { ipc, reason } from "@/ipc";
import { Page } from "./Page";
import styles from "./Settings.module.css";

/** What was taken in from others, and on which terms. */
const parts = [
  ["Inter, JetBrains Mono", "SIL Open Font License 1.1"],
  ["Lucide icons", "ISC"],
  ["Tauri, React, CodeMirror, Base UI, TanStack", "MIT or Apache-2.0"],
  ["SQLite", "public domain"],
] as const;

/** Which version this is, where its data is, and under what terms. */
export function AboutPage() {
  const { data, error, refetch } = useQuery({ queryKey: ["status"], queryFn: () => ipc().engineStatus() });
  return (
    <Page title="About">
      {error ? (
        <ErrorState title="The engine does not answer" why={reason(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton rows={4} label="Asking the engine" />
      ) : (
        <dl className={styles.list}>
          <dt>Version</dt>
          <dd className={styles.mono}>Orchesity {data.version}</dd>
          <dt>Data directory</dt>
          <dd className={styles.row}>
            <span className={styles.mono}>{data.home}</span>
            <IconButton label="Copy the data directory" onClick={() => void copy(data.home)}>
              <Copy size={14} />
            </IconButton>
          </dd>
          <dt>Licence</dt>
          <dd>MIT or Apache-2.0, as you choose.</dd>
          <dt>Contains work of others</dt>
          <dd>
            <ul>
              {parts.map(([what, licence]) => (
                <li key={what} className={styles.row}>
                  <span>{what}</span>
                  <span className={styles.quiet}>{licence}</span>
                </li>
              ))}
            </ul>
          </dd>
        </dl>
      )}
    </Page>
  );
}
