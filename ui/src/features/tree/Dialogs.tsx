import { useId, useState } from "react";
import { Button } from "@/components/Button";
import { Confirm } from "@/components/Confirm";
import { Dialog } from "@/components/Dialog";
import { Field, Input } from "@/components/Field";
import { rename } from "@/components/undoable";
import { reason, type DeletionCount, type TreeTip } from "@/ipc";
import { count } from "@/lib/figures";
import styles from "./Tree.module.css";

export function Rename({ branch, onClose }: { branch: TreeTip; onClose: () => void }) {
  const [problem, setProblem] = useState<string | null>(null);
  const form = useId();
  return (
    <Dialog title="Rename branch" open onClose={onClose}>
      <form
        id={form}
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          const name = new FormData(event.currentTarget).get("name");
          if (typeof name !== "string" || name.trim() === "") return setProblem("A branch needs a name");
          rename(branch.id, branch.name, name.trim()).then(onClose, (error: unknown) =>
            setProblem(reason(error)),
          );
        }}
      >
        <Field label="Name" error={problem}>
          {(field) => (
            <Input
              {...field}
              name="name"
              defaultValue={branch.name}
              maxLength={100}
              autoFocus
              onFocus={(event) => event.target.select()}
            />
          )}
        </Field>
        <div className={styles.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit">
            Rename
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const some = (n: number, one: string, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

export function Delete({
  count: { messages, branches, bookmarks, streaming },
  onClose,
  onConfirm,
}: {
  count: DeletionCount;
  onClose: () => void;
  onConfirm: () => Promise<unknown>;
}) {
  const also = [
    branches > 0 && some(branches, "branch", "branches"),
    bookmarks > 0 && some(bookmarks, "bookmark"),
  ].filter(Boolean);
  return (
    <Confirm
      title={`Delete ${some(messages, "message")}?`}
      open
      onClose={onClose}
      action="Delete"
      danger
      onConfirm={onConfirm}
    >
      <p>
        This message and everything that follows it leave the tree
        {also.length > 0 && `, with ${also.join(" and ")}`}. You can bring them back for 30 days.
      </p>
      {streaming > 0 && <p>Stop {some(streaming, "answer")} that are being written first.</p>}
    </Confirm>
  );
}
