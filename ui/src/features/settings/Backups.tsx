import { useQuery } from "@tanstack/react-query";
import { History, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { Confirm } from "@/components/Confirm";
import { ErrorState, Skeleton } from "@/components/States";
import { Table, TableRow } from "@/components/Table";
import { notify } from "@/components/toasts";
import { ipc, reason, type BackupInfo, type BackupKind } from "@/ipc";
import { size } from "@/lib/sizes";
import { moment } from "@/lib/time";
import styles from "./Settings.module.css";

const why: Record<BackupKind, string> = {
  daily: "once a day",
  manual: "by hand",
  upgrade: "before an upgrade",
};

/** The verified copies of the data file. */
export function Backups() {
  const { data, error, refetch } = useQuery({
    queryKey: ["data", "backups"],
    queryFn: () => ipc().backups(),
  });
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState<{ to: "restore" | "delete"; copy: BackupInfo } | null>(null);

  const backUp = async () => {
    setBusy(true);
    try {
      const copy = await ipc().backUp();
      notify({ text: `Backed up and verified, ${size(copy.kib)}` });
    } catch (error) {
      notify({ text: reason(error), tone: "danger" });
    } finally {
      setBusy(false);
    }
  };

  return (
    <section className={styles.part} aria-labelledby="data-backups">
      <div className={styles.row}>
        <h2 id="data-backups">Backups</h2>
        <span className={styles.space} />
        <Button busy={busy} onClick={() => void backUp()}>
          Back up now
        </Button>
      </div>
      {error ? (
        <ErrorState title="The backups cannot be listed" why={reason(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton rows={3} label="Looking for backups" />
      ) : data.length === 0 ? (
        <p className={styles.lead}>
          There is no copy yet. One is made once a day by itself, checked, and kept beside the data.
        </p>
      ) : (
        <Table
          label="Backups"
          columns={[
            { title: "Made" },
            { title: "Why", width: "140px" },
            { title: "Size", width: "96px", right: true },
            { title: "Actions", width: "88px", silent: true },
          ]}
        >
          {data.map((copy) => (
            <TableRow key={copy.name}>
              <td title={copy.name}>{moment(copy.madeAt)}</td>
              <td>{why[copy.kind]}</td>
              <td data-right>{size(copy.kib)}</td>
              <td data-right>
                <IconButton
                  label={`Restore the copy of ${moment(copy.madeAt)}`}
                  onClick={() => setAsked({ to: "restore", copy })}
                >
                  <History size={14} />
                </IconButton>
                <IconButton
                  label={`Delete the copy of ${moment(copy.madeAt)}`}
                  onClick={() => setAsked({ to: "delete", copy })}
                >
                  <Trash2 size={14} />
                </IconButton>
              </td>
            </TableRow>
          ))}
        </Table>
      )}
      <Confirm
        danger
        open={asked?.to === "restore"}
        title="Restore this copy?"
        action="Restore"
        onClose={() => setAsked(null)}
        onConfirm={async () => {
          if (!asked) return;
          await ipc().restoreBackup(asked.copy.name);
          notify({ text: `The data is that of ${moment(asked.copy.madeAt)} now` });
        }}
      >
        <p>
          Conversations become what they were on {asked && moment(asked.copy.madeAt)}. What was written since
          then leaves the window.
        </p>
        <p>The present data file is kept beside it. Settings and keys stay as they are.</p>
      </Confirm>
      <Confirm
        danger
        open={asked?.to === "delete"}
        title="Delete this copy?"
        action="Delete copy"
        onClose={() => setAsked(null)}
        onConfirm={async () => {
          if (asked) await ipc().deleteBackup(asked.copy.name);
        }}
      >
        <p>
          The copy of {asked && moment(asked.copy.madeAt)} goes for good. The data itself and the other copies
          stay.
        </p>
      </Confirm>
    </section>
  );
}
