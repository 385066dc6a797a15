import { FileUp } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Note } from "@/components/Note";
import { ipc, reason } from "@/ipc";
import styles from "./Providers.module.css";

/** As large as a vault file gets. */
const MOST_BYTES = 4 * 1024 * 1024;

type Props = { open: boolean; onClose: () => void; onRestored: () => Promise<void> };

/** Puts a copy of the vault file, which somebody kept elsewhere, in place of the damaged one. */
export function RestoreVault({ open, onClose, onRestored }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const close = () => {
    setProblem(null);
    onClose();
  };
  const restore = async (file: File) => {
    if (file.size > MOST_BYTES) return setProblem("This file is larger than a vault can be. Choose another.");
    setBusy(true);
    setProblem(null);
    try {
      await ipc().restoreVault(await file.text());
      await onRestored();
    } catch (error) {
      setProblem(reason(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title="Restore the vault" open={open} onClose={close}>
      <div className={styles.form}>
        <p className={styles.lead}>
          Choose a copy of <code>keys.vault</code>, such as one from a backup of this computer. It takes the
          damaged file&apos;s place, which is kept in the folder <code>damaged</code> beside your data. The
          copy opens with the passphrase that it had when it was made.
        </p>
        <input
          ref={input}
          type="file"
          hidden
          aria-label="Copy of the vault file"
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            // The same file can be chosen again.
            currentTarget.value = "";
            if (file) void restore(file);
          }}
        />
        {problem && (
          <Note tone="danger" role="alert">
            {problem}
          </Note>
        )}
        <div className={styles.formActions}>
          <Button keys="Escape" onClick={close}>
            Cancel
          </Button>
          <Button kind="primary" autoFocus busy={busy} onClick={() => input.current?.click()}>
            <FileUp size={14} />
            Choose a copy
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
