import { useState } from "react";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field, Input } from "@/components/Field";
import { Note } from "@/components/Note";
import { Select } from "@/components/Select";
import { ipc, reason, type Capabilities, type CatalogEntry, type OwnFigures } from "@/ipc";
import { useChange, useOwn } from "./api";
import styles from "./Pages.module.css";
import { cachedPrice } from "./words";

const abilities: readonly { ability: keyof Capabilities; label: string }[] = [
  { ability: "tools", label: "Calls tools" },
  { ability: "vision", label: "Reads images" },
  { ability: "reasoning", label: "Reasons" },
  { ability: "json", label: "Writes JSON" },
  { ability: "embeddings", label: "Embeddings" },
];
const asText = (value: boolean | null) => (value === null ? "lists" : value ? "yes" : "no");
const asValue = { lists: null, yes: true, no: false } as const;
type Said = keyof typeof asValue;

const nothing: Capabilities = {
  vision: null,
  tools: null,
  json: null,
  reasoning: null,
  embeddings: null,
  webSearch: null,
};

type Form = Record<"model" | "name" | "context" | "output" | "in" | "out" | "cached", string> & {
  can: Capabilities;
};

function formOf(own: OwnFigures | undefined, model: string): Form {
  const text = (value: string | number | null | undefined) =>
    value === null || value === undefined ? "" : String(value);
  return {
    model: own?.model ?? model,
    name: text(own?.name),
    context: text(own?.contextWindow),
    output: text(own?.outputLimit),
    in: text(own?.prices?.input),
    out: text(own?.prices?.output),
    cached: text(own?.prices?.cachedRead),
    can: own?.capabilities ?? nothing,
  };
}

/** What is wrong with what was typed, by field. */
export function problemsOf(form: Form): Partial<Record<keyof Form, string>> {
  const problems: Partial<Record<keyof Form, string>> = {};
  if (!/^\S+$/.test(form.model.trim())) problems.model = "write `provider/model`, without spaces";
  for (const field of ["context", "output"] as const)
    if (form[field].trim() && !/^[1-9]\d{0,8}$/.test(plain(form[field])))
      problems[field] = "a whole number of tokens, such as 131072";
  for (const field of ["in", "out", "cached"] as const)
    if (form[field].trim() && !/^\d{1,6}(\.\d{1,9})?$/.test(form[field].trim()))
      problems[field] = "dollars, such as 0.25";
  if (!form.in.trim() && (form.out.trim() || form.cached.trim()))
    problems.in = "needed with the others; 0 is free";
  return problems;
}

const plain = (text: string) => text.replaceAll(/[,\s_]/g, "");

function figuresOf(form: Form, before: OwnFigures | undefined): OwnFigures {
  const number = (text: string) => (text.trim() ? Number(plain(text)) : null);
  const usd = (text: string) => text.trim() || null;
  return {
    model: form.model.trim(),
    name: form.name.trim() || null,
    contextWindow: number(form.context),
    outputLimit: number(form.output),
    capabilities: form.can,
    prices: {
      input: usd(form.in),
      output: usd(form.out),
      cachedRead: usd(form.cached),
      cachedWrite: before?.prices?.cachedWrite ?? null,
      reasoning: before?.prices?.reasoning ?? null,
    },
  };
}

/** The user's own figures of a model that is listed, or of one that no list has. */
export function OwnDialog({ entry, onClose }: { entry?: CatalogEntry; onClose: () => void }) {
  const { data: all } = useOwn();
  const model = entry ? (entry.target ?? `${entry.provider}/${entry.id}`) : "";
  const names = entry ? [model, `${entry.provider}/${entry.id}`, entry.id] : [];
  if (!all) return null;
  return (
    <Dialog title={entry ? `Your figures of ${entry.id}` : "Add a model"} open onClose={onClose}>
      <OwnForm
        key={model}
        entry={entry}
        before={all.find((own) => names.includes(own.model))}
        model={model}
        onClose={onClose}
      />
    </Dialog>
  );
}

function OwnForm({
  entry,
  before,
  model,
  onClose,
}: {
  entry: CatalogEntry | undefined;
  before: OwnFigures | undefined;
  model: string;
  onClose: () => void;
}) {
  const [form, setForm] = useState(() => formOf(before, model));
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const problems = tried ? problemsOf(form) : {};
  const save = useChange(async () => {
    try {
      await ipc().setOwnFigures(figuresOf(form, before));
      onClose();
    } catch (error) {
      setProblem(reason(error));
    }
  });
  const back = useChange(async () => {
    await ipc().removeOwnFigures(before?.model ?? form.model);
    onClose();
  });
  const text = (
    field: "model" | "name" | "context" | "output" | "in" | "out" | "cached",
    label: string,
    placeholder: string,
    disabled = false,
  ) => (
    <Field label={label} error={problems[field]}>
      {(tie) => (
        <Input
          {...tie}
          value={form[field]}
          placeholder={placeholder}
          disabled={disabled}
          onChange={(event) => setForm({ ...form, [field]: event.target.value })}
        />
      )}
    </Field>
  );
  const listed = (value: string | number | null | undefined) =>
    value === null || value === undefined ? "unknown" : `lists say ${value}`;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        setProblem(null);
        if (Object.keys(problemsOf(form)).length === 0) save.mutate(undefined);
      }}
    >
      <p className={styles.words}>
        {entry
          ? "What you say counts before every list, for costs, routes and pickers. What you leave empty is as lists have it; prices are taken together."
          : "A model that no list has: of any provider that is set up. It can be asked from then on."}
      </p>
      <div className={styles.pair}>
        {text("model", "Model", "provider/model", entry !== undefined)}
        {text("name", "Name", entry?.name ?? "for people")}
        {text("context", "Context window", entry ? listed(entry.contextWindow) : "131072")}
        {text("output", "Longest answer", entry ? listed(entry.outputLimit) : "8192")}
      </div>
      <div className={styles.three}>
        {text("in", "Input, $ per 1M", entry && !before ? listed(entry.prices.input) : "unknown")}
        {text("out", "Output, $ per 1M", entry && !before ? listed(entry.prices.output) : "unknown")}
        {text(
          "cached",
          "Cached input, $ per 1M",
          entry && !before ? listed(cachedPrice(entry.prices)) : "as input",
        )}
      </div>
      {(entry === undefined || form.model.includes("/")) && (
        <div className={styles.cans} role="group" aria-label="What it can do">
          {abilities.map(({ ability, label }) => (
            <label key={ability} className={styles.can}>
              {label}
              <Select<Said>
                small
                className={styles.said}
                label={label}
                value={asText(form.can[ability])}
                options={[
                  { value: "lists", label: "as lists say" },
                  { value: "yes", label: "yes" },
                  { value: "no", label: "no" },
                ]}
                onChange={(said) => setForm({ ...form, can: { ...form.can, [ability]: asValue[said] } })}
              />
            </label>
          ))}
        </div>
      )}
      {problem && (
        <Note tone="danger" role="alert">
          {problem}
        </Note>
      )}
      <div className={styles.end}>
        {before && (
          <Button kind="danger" busy={back.isPending} onClick={() => back.mutate(undefined)}>
            Take back
          </Button>
        )}
        <span className={styles.space} />
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" busy={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
