import { AlertDialog } from "@base-ui/react/alert-dialog";
import { useRef, useState, type ReactNode } from "react";
import { reason } from "@/ipc";
import { Button } from "./Button";
import styles from "./Confirm.module.css";
import dialog from "./Dialog.module.css";
import { cx } from "@/lib/classes";
import { Note } from "./Note";

type Props = {
  /** A question: `Erase all conversations?` */
  title: string;
  open: boolean;
  onClose: () => void;
  /** The verb on its button. */
  action: string;
  /** What cannot be taken back: its button is red, and the focus is on Cancel. */
  danger?: boolean;
  /** The dialog stays, and says why, when this fails. */
  onConfirm: () => Promise<unknown>;
  /** What goes and what stays. */
  children: ReactNode;
};

/** Asks before something is done that cannot be undone. */
export function Confirm({ title, open, onClose, action, danger, onConfirm, children }: Props) {
  const cancel = useRef<HTMLButtonElement>(null);
  const go = useRef<HTMLButtonElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const close = () => {
    if (busy) return;
    setProblem(null);
    onClose();
  };
  const confirm = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await onConfirm();
      setBusy(false);
      onClose();
    } catch (error) {
      setBusy(false);
      setProblem(reason(error));
    }
  };
  return (
    <AlertDialog.Root open={open} onOpenChange={(now) => !now && close()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={dialog.scrim} />
        <AlertDialog.Popup
          aria-modal
          className={cx(dialog.dialog, styles.confirm)}
          initialFocus={danger ? cancel : go}
        >
          <AlertDialog.Title className={styles.title}>{title}</AlertDialog.Title>
          <AlertDialog.Description className={styles.text} render={<div />}>
            {children}
          </AlertDialog.Description>
          {problem && (
            <Note tone="danger" role="alert">
              {problem}
            </Note>
          )}
          <div className={styles.actions}>
            <Button ref={cancel} keys="Escape" disabled={busy} onClick={close}>
              Cancel
            </Button>
            <Button ref={go} kind={danger ? "destroy" : "primary"} busy={busy} onClick={() => void confirm()}>
              {action}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
