import { useState } from "react";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field, TextArea } from "@/components/Field";
import { Note } from "@/components/Note";
import { Segments } from "@/components/Segments";
import { Select } from "@/components/Select";
import { notify } from "@/components/toasts";
import { ipc, reason, type MessageId, type SynthesisKind, type Target } from "@/ipc";
import { shortName } from "@/lib/target";
import { openPicker, usePicker } from "../focus";
import { watchRun } from "../live";
import { once } from "../once";
import { unmerge } from "./acts";
import styles from "./branching.module.css";
import type { Side } from "./dialogs";

type How = "take" | SynthesisKind;

const ways: { value: How; label: string }[] = [
  { value: "fuse", label: "Fuse" },
  { value: "checklist", label: "Checklist" },
  { value: "table", label: "Table" },
  { value: "custom", label: "Own words" },
  { value: "take", label: "Take one" },
];

const words: Record<How, { does: string; field: string | null; hint: string }> = {
  fuse: {
    does: "One answer with the best of each.",
    field: "Wish",
    hint: "Optional: what matters most to you.",
  },
  checklist: { does: "One answer that goes through your points.", field: "Points", hint: "One a line." },
  table: { does: "A table that compares them.", field: "Wish", hint: "Optional: the rows that you want." },
  custom: {
    does: "One answer, made as you say.",
    field: "Instruction",
    hint: "What to make of the answers.",
  },
  take: { does: "One of them, as it is; the others stay as its sources.", field: null, hint: "" },
};

/** Several answers made into one: a message that remembers what it came from. */
export function MergeDialog({ sides, onClose }: { sides: readonly Side[]; onClose: () => void }) {
  const [how, setHow] = useState<How>("fuse");
  const [chosen, setChosen] = useState<readonly MessageId[]>(() => sides.map(({ message }) => message));
  const [instruction, setInstruction] = useState("");
  const [target, setTarget] = useState<Target | null>(sides[0]?.name ?? null);
  const [take, setTake] = useState<MessageId | null>(sides[0]?.message ?? null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  // The list of models is a dialog of its own: this one waits behind it.
  const picking = usePicker(({ open }) => open);
  const { does, field, hint } = words[how];
  const sources = sides.map(({ message }) => message).filter((id) => chosen.includes(id));
  const needsWords = (how === "checklist" || how === "custom") && !instruction.trim();
  const ready =
    sources.length >= 2 &&
    !busy &&
    (how === "take" ? take !== null && sources.includes(take) : target !== null && !needsWords);

  const merge = async () => {
    setBusy(true);
    setProblem(null);
    try {
      if (how === "take" && take !== null) {
        const merged = await once(sources, () => ipc().takeSide({ sources, take }));
        if (merged)
          notify({
            text: "Merged: the answer stands in a column of its own",
            action: { label: "Undo", run: () => unmerge(merged) },
          });
      } else if (how !== "take" && target !== null) {
        const wish = instruction.trim() || null;
        const started = await once(sources, () =>
          ipc().synthesize({ sources, how, instruction: wish, target }),
        );
        if (started) watchRun(started.run);
      }
      onClose();
    } catch (error) {
      setProblem(reason(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title="Merge answers" open={!picking} onClose={() => !usePicker.getState().open && onClose()}>
      <div className={styles.body}>
        <fieldset className={styles.sources}>
          <legend>Answers to merge, in this order</legend>
          {sides.map(({ message, name }) => (
            <label key={message}>
              <input
                type="checkbox"
                checked={chosen.includes(message)}
                onChange={(event) =>
                  setChosen(
                    event.target.checked ? [...chosen, message] : chosen.filter((id) => id !== message),
                  )
                }
              />
              <bdi>{name}</bdi>
            </label>
          ))}
        </fieldset>
        <Segments label="How" value={how} onChange={setHow} options={ways} />
        <p className={styles.quiet}>{does}</p>
        {field && (
          <Field label={field} hint={hint}>
            {(tied) => (
              <TextArea
                {...tied}
                value={instruction}
                dir="auto"
                maxLength={20_000}
                onChange={(event) => setInstruction(event.target.value)}
              />
            )}
          </Field>
        )}
        {how === "take" ? (
          <Select
            label="Answer to take"
            value={take}
            onChange={setTake}
            options={sides.map(({ message, name }) => ({
              value: message,
              label: shortName(name),
              disabled: !chosen.includes(message),
            }))}
          />
        ) : (
          <Chosen target={target} onChange={setTarget} title="Model that merges" />
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
        <Button kind="primary" disabled={!ready} busy={busy} onClick={() => void merge()}>
          Merge {sources.length}
        </Button>
      </div>
    </Dialog>
  );
}

/** The model that was chosen, and a way to choose another. */
export function Chosen({
  target,
  title,
  onChange,
}: {
  target: Target | null;
  title: string;
  onChange: (target: Target) => void;
}) {
  return (
    <div className={styles.chosen}>
      <span className={styles.quiet}>{title}</span>
      <bdi title={target ?? undefined}>{target ?? "none yet"}</bdi>
      <Button small onClick={() => openPicker({ title, onPick: onChange })}>
        Choose
      </Button>
    </div>
  );
}
