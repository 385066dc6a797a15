import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Dialog } from "@/components/Dialog";
import { Field, Input } from "@/components/Field";
import { FormEnd } from "@/components/FormEnd";
import { Select } from "@/components/Select";
import { Skeleton } from "@/components/States";
import { Switch } from "@/components/Switch";
import { ipc, reason, type Dialect, type Preset } from "@/ipc";
import { usePresets } from "./api";
import { badUrl, dialects, fromPreset, idFor } from "./edit";
import styles from "./Providers.module.css";

type Props = {
  open: boolean;
  /** Ids that are in use. */
  taken: readonly string[];
  onClose: () => void;
  onAdded: (id: string) => void;
};

const OWN = "own";

/** A known provider once more, or any endpoint that speaks a known dialect. */
export function AddProvider({ open, taken, onClose, onAdded }: Props) {
  const { data: presets } = usePresets();
  return (
    <Dialog title="Add a provider" open={open} onClose={onClose}>
      {presets ? (
        <Form presets={presets} taken={taken} onClose={onClose} onAdded={onAdded} />
      ) : (
        <Skeleton rows={5} label="Loading the known providers" />
      )}
    </Dialog>
  );
}

function Form({ presets, taken, onClose, onAdded }: Omit<Props, "open"> & { presets: readonly Preset[] }) {
  const queries = useQueryClient();
  const [kind, setKind] = useState<string>(OWN);
  const preset = presets.find(({ id }) => id === kind);
  const [name, setName] = useState("");
  const [baseUrl, setBaseUrl] = useState("");
  const [dialect, setDialect] = useState<Dialect>("openai-chat");
  const [key, setKey] = useState(true);
  const [lan, setLan] = useState(false);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const called = name.trim() || preset?.name || "";
  const id = idFor(preset && !name.trim() ? preset.id : called, taken);
  const urlProblem = preset && !baseUrl.trim() ? null : badUrl(baseUrl);
  const nameProblem = called ? null : "It needs a name, such as Workshop GPU.";

  const add = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (nameProblem || urlProblem) return;
    setBusy(true);
    setProblem(null);
    try {
      const edit = preset
        ? { ...fromPreset(preset, id), name: name.trim() || null, baseUrl: baseUrl.trim() || null }
        : {
            id,
            preset: null,
            name: called,
            dialect,
            baseUrl: baseUrl.trim(),
            key: key ? "keychain" : "none",
            headers: [],
            models: [],
            allowLan: lan,
          };
      await ipc().addProvider(edit);
      await queries.invalidateQueries({ queryKey: ["providers"] });
      onAdded(id);
      onClose();
    } catch (error) {
      setProblem(reason(error));
      setBusy(false);
    }
  };

  return (
    <form className={styles.form} onSubmit={(event) => void add(event)}>
      <Field label="Made from">
        {(field) => (
          <Select
            {...field}
            label="Made from"
            value={kind}
            onChange={setKind}
            options={[
              { value: OWN, label: "Any compatible endpoint" },
              ...presets.map(({ id, name, local }) => ({
                value: id,
                label: name,
                ...(local ? { hint: "on this machine" } : {}),
              })),
            ]}
          />
        )}
      </Field>
      <Field
        label="Name"
        error={tried ? nameProblem : null}
        hint={called ? `Its models are asked as ${id}/model.` : "What you call it, such as Workshop GPU."}
      >
        {(field) => (
          <Input
            {...field}
            value={name}
            placeholder={preset?.name}
            autoFocus
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field label="Base URL" error={tried ? urlProblem : null}>
        {(field) => (
          <Input
            {...field}
            mono
            value={baseUrl}
            placeholder={preset?.baseUrl ?? "http://10.0.0.7:8000/v1"}
            onChange={(event) => setBaseUrl(event.target.value)}
          />
        )}
      </Field>
      {!preset && (
        <>
          <Field label="Dialect" hint="What it speaks. Most servers speak openai-chat.">
            {(field) => (
              <Select {...field} label="Dialect" value={dialect} options={dialects} onChange={setDialect} />
            )}
          </Field>
          <div className={styles.lan}>
            <span>It needs a key</span>
            <Switch label="It needs a key" checked={key} onChange={setKey} />
          </div>
          <div className={styles.lan}>
            <span>
              It is in the local network
              <span className={styles.lanHint}>Needed for addresses such as 10.0.0.7.</span>
            </span>
            <Switch label="It is in the local network" checked={lan} onChange={setLan} />
          </div>
        </>
      )}
      <FormEnd problem={problem} action="Add provider" busy={busy} onCancel={onClose} />
    </form>
  );
}
