import { Button } from "@/components/Button";
import { Field as Labelled, Input, TextArea, type FieldProps } from "@/components/Field";
import { Segments } from "@/components/Segments";
import { Select } from "@/components/Select";
import { Switch } from "@/components/Switch";
import { count } from "@/lib/figures";
import type { Model, ReasoningEffort } from "@/ipc";
import { effortNames, efforts, type Field, type Form, type Problems } from "./params";
import styles from "./Parameters.module.css";

type Props = {
  form: Form;
  /** Fields in which the columns differ. */
  mixed: ReadonlySet<Field>;
  /** One column, not all. */
  one: boolean;
  problems: Problems;
  advice: Problems;
  model: Model | undefined;
  /** Columns whose provider can search the web. */
  searches: readonly string[];
  /** The conversation's system text. */
  inherited: string;
  onChange: <F extends Field>(field: F, value: Form[F]) => void;
  onLeave: (field: Field) => void;
};

const MIXED = "differs";

/** The fields of one column, or of all of them. */
export function ParameterFields(props: Props) {
  const { form, mixed, one, problems, advice, model, searches, inherited, onChange, onLeave } = props;
  const around = (
    field: Field,
    label: string,
    hint: string | undefined,
    control: (f: FieldProps) => React.ReactNode,
  ) => (
    <Labelled
      key={field}
      label={label}
      {...(problems[field] ? { error: problems[field] } : {})}
      hint={
        advice[field] ?? (mixed.has(field) ? "Differs between the columns; what is typed is for all" : hint)
      }
      className={styles.field}
    >
      {control}
    </Labelled>
  );
  const number = (
    field: "temperature" | "topP" | "maxTokens" | "seed",
    label: string,
    hint: string,
    placeholder = "default",
  ) =>
    around(field, label, hint, (ids) => (
      <Input
        {...ids}
        inputMode="decimal"
        placeholder={mixed.has(field) ? MIXED : placeholder}
        value={mixed.has(field) ? "" : form[field]}
        onChange={(event) => onChange(field, event.target.value)}
        onBlur={() => onLeave(field)}
      />
    ));
  const area = (
    field: "stop" | "schema" | "extra",
    label: string,
    hint: string,
    rows: number,
    placeholder: string,
  ) =>
    around(field, label, hint, (ids) => (
      <TextArea
        {...ids}
        mono
        dir="ltr"
        rows={rows}
        placeholder={mixed.has(field) ? MIXED : placeholder}
        value={mixed.has(field) ? "" : form[field]}
        onChange={(event) => onChange(field, event.target.value)}
        onBlur={() => onLeave(field)}
      />
    ));

  return (
    <>
      {one && (
        <div className={styles.wide}>
          <div className={styles.row}>
            <span className={styles.label}>System text</span>
            <Segments
              label="System text"
              value={form.ownSystem ? "own" : "shared"}
              options={[
                { value: "shared", label: "The conversation's" },
                { value: "own", label: "Its own" },
              ]}
              onChange={(now) => onChange("ownSystem", now === "own")}
            />
          </div>
          {form.ownSystem ? (
            <TextArea
              aria-label="System text of this column"
              dir="auto"
              spellCheck
              rows={4}
              placeholder="Empty: this column gets no system text at all"
              value={form.system}
              onChange={(event) => onChange("system", event.target.value)}
            />
          ) : (
            <p className={styles.inherited} dir="auto">
              {inherited.trim() || "None is set for the conversation"}
            </p>
          )}
        </div>
      )}
      {number("temperature", "Temperature", "0 to 2; lower is more predictable")}
      {number("topP", "Top-p", "0 to 1; an alternative to temperature")}
      {number(
        "maxTokens",
        "Max tokens",
        model?.outputLimit != null
          ? `At most ${count(model.outputLimit)} for this model`
          : "Most tokens to write",
      )}
      {number("seed", "Seed", "A whole number, for answers that can be repeated", "none")}
      {around("reasoningEffort", "Reasoning effort", "How much to think first", (ids) => (
        <Select
          {...ids}
          label="Reasoning effort"
          value={mixed.has("reasoningEffort") ? null : form.reasoningEffort}
          placeholder={MIXED}
          options={[
            { value: "" as ReasoningEffort | "", label: "default" },
            ...efforts.map((value) => ({ value, label: effortNames[value] })),
          ]}
          onChange={(value) => onChange("reasoningEffort", value)}
        />
      ))}
      {area("stop", "Stop texts", "One on each line; \\n stands for a line break", 2, "none")}
      {around("format", "Answer format", "JSON is enforced where the provider can", (ids) => (
        <Select
          {...ids}
          label="Answer format"
          value={mixed.has("format") ? null : form.format}
          placeholder={MIXED}
          options={[
            { value: "" as Form["format"], label: "text" },
            { value: "jsonObject", label: "any JSON" },
            { value: "jsonSchema", label: "JSON after a schema" },
          ]}
          onChange={(value) => onChange("format", value)}
        />
      ))}
      {searches.length > 0 && (
        <div className={styles.field}>
          <span className={styles.label}>Web search</span>
          <span className={styles.switch}>
            <Switch
              label="Web search by the provider"
              checked={form.webSearch || (mixed.has("webSearch") && searches.length > 0)}
              onChange={(now) => onChange("webSearch", now)}
            />
            <span className={styles.hint}>
              The provider searches{one ? "" : `, for ${searches.join(", ")}`}, and may charge for it
            </span>
          </span>
        </div>
      )}
      {form.format === "jsonSchema" && !mixed.has("format") && (
        <div className={styles.schema}>
          {around("schemaName", "Name of the schema", undefined, (ids) => (
            <Input
              {...ids}
              mono
              value={form.schemaName}
              onChange={(event) => onChange("schemaName", event.target.value)}
              onBlur={() => onLeave("schemaName")}
            />
          ))}
          <div className={styles.field}>
            <span className={styles.label}>Strict</span>
            <span className={styles.switch}>
              <Switch label="Strict" checked={form.strict} onChange={(now) => onChange("strict", now)} />
              <span className={styles.hint}>The provider must enforce it</span>
            </span>
          </div>
          <div className={styles.wide}>
            {area("schema", "JSON schema", "", 7, '{"type": "object", "properties": {…}}')}
            <Button
              small
              kind="ghost"
              disabled={tidy(form.schema) === null}
              onClick={() => onChange("schema", tidy(form.schema) ?? form.schema)}
            >
              Tidy up
            </Button>
          </div>
        </div>
      )}
      <div className={styles.wide}>
        {area(
          "extra",
          "Further fields",
          "A JSON object of the provider's own fields, put into the request as it is",
          2,
          '{"top_k": 40}',
        )}
      </div>
    </>
  );
}

/** The conversation's system text: every column has it unless it has its own. */
export function SystemText({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <Labelled
      label="System text of the conversation"
      hint="For all columns that have none of their own; from the next prompt on"
      className={styles.wide}
    >
      {(ids) => (
        <TextArea
          {...ids}
          dir="auto"
          spellCheck
          rows={4}
          placeholder="What every model should know before the first prompt"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  );
}

function tidy(json: string): string | null {
  try {
    const now = JSON.stringify(JSON.parse(json), null, 2);
    return now === json ? null : now;
  } catch {
    return null;
  }
}
