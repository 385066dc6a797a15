import { useState } from "react";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field, TextArea } from "@/components/Field";
import { Note } from "@/components/Note";
import { Select } from "@/components/Select";
import { ipc, reason, type MessageView, type Part } from "@/ipc";
import { shortName } from "@/lib/target";
import { watchRun } from "../live";
import { once } from "../once";
import { textOf } from "../turns";
import { savedEdit } from "./acts";
import styles from "./branching.module.css";
import type { EditedBranch } from "./dialogs";

type Props = { view: MessageView; branches: readonly EditedBranch[]; onClose: () => void };

/** Says something differently. What was said stays, one version back. */
export function EditDialog({ view, branches, onClose }: Props) {
  const { message } = view;
  const asks = message.role === "user";
  const [text, setText] = useState(() => textOf(view));
  const [branch, setBranch] = useState(branches[0]?.branch ?? null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const parts = edited(message.parts, text);
  const ready = parts.length > 0 && !busy;

  const doing = async (act: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(null);
    try {
      await act();
      onClose();
    } catch (error) {
      setProblem(reason(error));
      setBusy(false);
    }
  };
  const save = () =>
    branch &&
    doing(async () => {
      // Asks nobody, so what is asked about the same message right after is no second click.
      const act = `save ${message.id}`;
      const saved = await once([act], () => ipc().saveEdit({ branch, message: message.id, parts }));
      if (saved) savedEdit(message.id, branch);
    });
  const ask = () =>
    doing(async () => {
      const columns = branches.map((one) => ({ branch: one.branch }));
      const started = await once([message.id], () =>
        ipc().editAndAsk({ message: message.id, parts, columns }),
      );
      if (started) watchRun(started.run);
    });
  return (
    <Dialog title={asks ? "Edit the prompt" : "Edit the answer"} size="wide" open onClose={onClose}>
      <div className={styles.body}>
        <Field
          label={asks ? "Prompt" : "Answer"}
          hint="The earlier version stays in the tree: ‹ › leads back to it."
        >
          {(field) => (
            <TextArea
              {...field}
              className={styles.text}
              value={text}
              dir="auto"
              autoFocus
              onChange={(event) => setText(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !ready) return;
                event.preventDefault();
                void (asks && branches.length > 0 ? ask() : save());
              }}
            />
          )}
        </Field>
        {branches.length > 1 && (
          <Select
            small
            label="Column that a saved edit is for"
            value={branch}
            onChange={setBranch}
            options={branches.map((one) => ({
              value: one.branch,
              label: `Save only: in ${shortName(one.target)}`,
            }))}
          />
        )}
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
        <Button
          kind={asks && branches.length > 0 ? "plain" : "primary"}
          disabled={!ready || branch === null}
          onClick={() => void save()}
        >
          Save only
        </Button>
        {asks && branches.length > 0 && (
          <Button kind="primary" keys="Mod+Enter" disabled={!ready} onClick={() => void ask()}>
            {branches.length > 1 ? `Save and ask all ${branches.length}` : "Save and regenerate"}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

/** The parts with other words; files and what else there was stay where they are. */
export function edited(parts: readonly Part[], text: string): Part[] {
  const first = parts.findIndex((part) => part.type === "text");
  const words: Part[] = text.trim() ? [{ type: "text", text }] : [];
  if (first < 0) return [...words, ...parts];
  return parts.flatMap((part, i) => (i === first ? words : part.type === "text" ? [] : [part]));
}
