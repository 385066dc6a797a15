import { Button } from "./Button";
import styles from "./FormEnd.module.css";
import { Note } from "./Note";

type Props = {
  /** Why it could not be done. */
  problem: string | null;
  /** The verb on its button. */
  action: string;
  busy: boolean;
  onCancel: () => void;
};

/** What ends the form of a dialog: what went wrong, and its two buttons. */
export function FormEnd({ problem, action, busy, onCancel }: Props) {
  return (
    <>
      {problem && (
        <Note tone="danger" role="alert">
          {problem}
        </Note>
      )}
      <div className={styles.actions}>
        <Button keys="Escape" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" kind="primary" busy={busy}>
          {action}
        </Button>
      </div>
    </>
  );
}
