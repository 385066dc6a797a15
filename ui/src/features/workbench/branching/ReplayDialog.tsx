import { useState } from "react";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field, Input } from "@/components/Field";
import { Note } from "@/components/Note";
import { ipc, reason, type BranchId, type Target } from "@/ipc";
import { usePicker } from "../focus";
import { watchRun } from "../live";
import { once } from "../once";
import styles from "./branching.module.css";
import { Chosen } from "./MergeDialog";

type Props = { branch: BranchId; name: string; target: Target | null; onClose: () => void };

/** A branch's user turns asked again, one after the other, of another model. */
export function ReplayDialog({ branch, name: of, target: first, onClose }: Props) {
  const [target, setTarget] = useState(first);
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const picking = usePicker(({ open }) => open);
  const replay = async () => {
    if (target === null) return;
    setProblem(null);
    try {
      const started = await once([`replay ${branch}`], () =>
        ipc().replayBranch({ branch, target, name: name.trim() || null }),
      );
      if (started) watchRun(started.run);
      onClose();
    } catch (error) {
      setProblem(reason(error));
    }
  };
  return (
    <Dialog
      title="Replay with another model"
      open={!picking}
      onClose={() => !usePicker.getState().open && onClose()}
    >
      <div className={styles.body}>
        <p className={styles.quiet}>
          Every prompt of <bdi>{of}</bdi> is asked again, in its order. The answers become a new branch; this
          one stays as it is.
        </p>
        <Chosen target={target} onChange={setTarget} title="Model" />
        <Field label="Name of the new branch" hint="Optional; else it is a column named after the model.">
          {(tied) => (
            <Input {...tied} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        {problem && (
          <Note tone="danger" role="alert">
            {problem}
          </Note>
        )}
      </div>
      <div className={styles.actions}>
        <Button keys="Escape" onClick={onClose}>
          Cancel
        </Button>
        <Button kind="primary" disabled={target === null} onClick={() => void replay()}>
          Replay
        </Button>
      </div>
    </Dialog>
  );
}
