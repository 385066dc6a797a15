import { Copy } from "lucide-react";
import { useRef, useState, type FormEvent } from "react";
import { CapFields } from "@/components/budgets";
import { Button } from "@/components/Button";
import { copy } from "@/components/copy";
import { Dialog } from "@/components/Dialog";
import { Field, Input, TextArea } from "@/components/Field";
import { FormEnd } from "@/components/FormEnd";
import { Note } from "@/components/Note";
import { Select } from "@/components/Select";
import { ipc, reason } from "@/ipc";
import styles from "./Gateway.module.css";
import { asked, captures, empty, lives, type Draft } from "./issue";

/** Asks what a new key may do, and shows it once. */
export function IssueDialog({ onClose }: { onClose: () => void }) {
  const [shown, setShown] = useState<{ name: string; secret: string } | null>(null);
  return shown ? (
    <Shown {...shown} onClose={onClose} />
  ) : (
    <Form onClose={onClose} onIssued={(name, secret) => setShown({ name, secret })} />
  );
}

/** The one moment in which a key can be read. */
function Shown({ name, secret, onClose }: { name: string; secret: string; onClose: () => void }) {
  return (
    <Dialog title={`Key of ${name}`} open onClose={onClose}>
      <div className={styles.form}>
        <p>Give this to {name}. It is shown now and never again: only its hash is stored.</p>
        <p className={styles.secret}>{secret}</p>
        <Note tone="info">Lost keys are not found again. Revoke them, and issue another.</Note>
        <div className={styles.end}>
          <Button onClick={onClose}>Done</Button>
          <Button kind="primary" onClick={() => void copy(secret, "Copied the key")}>
            <Copy size={14} />
            Copy the key
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

function Form({ onClose, onIssued }: { onClose: () => void; onIssued: (name: string, key: string) => void }) {
  const [draft, setDraft] = useState<Draft>(empty);
  const [wrong, setWrong] = useState<Partial<Record<string, string>>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const name = useRef<HTMLInputElement>(null);
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const { key, wrong } = asked(draft, Date.now());
    setWrong(wrong ?? {});
    if (!key) return;
    setBusy(true);
    setProblem(null);
    try {
      onIssued(key.name, (await ipc().issueVirtualKey(key)).key);
    } catch (error) {
      setProblem(reason(error));
      setBusy(false);
    }
  };
  const number = (label: string, field: "rpm" | "tpm" | "parallel") => (
    <Field label={label} error={wrong[field]}>
      {(tied) => (
        <Input
          {...tied}
          inputMode="numeric"
          placeholder="no limit"
          value={draft[field]}
          onChange={(event) => set({ [field]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <Dialog title="Issue a key" size="wide" open initialFocus={() => name.current} onClose={onClose}>
      <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate>
        <div className={styles.three}>
          <Field label="Name" hint="Of the tool that gets it." error={wrong.name}>
            {(tied) => (
              <Input
                {...tied}
                ref={name}
                maxLength={100}
                placeholder="claude-code"
                value={draft.name}
                onChange={(event) => set({ name: event.target.value })}
              />
            )}
          </Field>
          <Field label="Ends" hint="It is refused from then on.">
            {(tied) => (
              <Select
                {...tied}
                label="Ends"
                value={draft.days}
                options={lives}
                onChange={(days) => set({ days })}
              />
            )}
          </Field>
          <Field
            label="Kept of its calls"
            hint={captures.find(({ value }) => value === draft.capture)?.hint ?? ""}
          >
            {(tied) => (
              <Select
                {...tied}
                label="Kept of its calls"
                value={draft.capture}
                options={captures}
                onChange={(capture) => set({ capture })}
              />
            )}
          </Field>
        </div>
        <CapFields caps={draft.caps} wrong={wrong} onChange={(caps) => set({ caps })} />
        <fieldset className={styles.set}>
          <legend>At most</legend>
          <div className={styles.three}>
            {number("Requests a minute", "rpm")}
            {number("Tokens a minute", "tpm")}
            {number("Calls at a time", "parallel")}
          </div>
        </fieldset>
        <div className={styles.two}>
          <Field
            label="Targets"
            hint="One a line; * is any text. Empty is all of them."
            error={wrong.targets}
          >
            {(tied) => (
              <TextArea
                {...tied}
                mono
                rows={2}
                placeholder="anthropic/*"
                value={draft.targets}
                onChange={(event) => set({ targets: event.target.value })}
              />
            )}
          </Field>
          <Field
            label="Routes"
            hint="One a line; * is any text. Empty is all but the native API, which wants /api/*."
            error={wrong.routes}
          >
            {(tied) => (
              <TextArea
                {...tied}
                mono
                rows={2}
                placeholder="/v1/*"
                value={draft.routes}
                onChange={(event) => set({ routes: event.target.value })}
              />
            )}
          </Field>
        </div>
        <FormEnd problem={problem} action="Issue" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
