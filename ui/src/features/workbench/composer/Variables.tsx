import { useId } from "react";
import styles from "./Composer.module.css";

type Props = {
  names: readonly string[];
  values: Readonly<Record<string, string>>;
  /** Those that were missing when it was to be sent. */
  missing: readonly string[];
  onChange: (name: string, value: string) => void;
  onSend: () => void;
};

/** A field for each `{{variable}}` of the prompt. */
export function Variables({ names, values, missing, onChange, onSend }: Props) {
  const id = useId();
  return names.map((name) => (
    <li key={name} className={styles.variable}>
      <label htmlFor={`${id}-${name}`} className={styles.variableName}>
        {name}
      </label>
      <input
        id={`${id}-${name}`}
        data-variable={name}
        aria-label={`Value of ${name}`}
        aria-invalid={(missing.includes(name) && !values[name]?.trim()) || undefined}
        autoComplete="off"
        dir="auto"
        placeholder="value"
        size={Math.min(40, Math.max(6, (values[name] ?? "").length + 1))}
        value={values[name] ?? ""}
        onChange={(event) => onChange(name, event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
          event.preventDefault();
          if (event.ctrlKey || event.metaKey) {
            onSend();
            return;
          }
          // On to the next one, and from the last one back to the prompt.
          const fields = [...document.querySelectorAll<HTMLElement>("[data-variable]")];
          const next = fields[fields.indexOf(event.currentTarget) + 1];
          (next ?? document.querySelector<HTMLElement>("[role=textbox][aria-label=Prompt]"))?.focus();
        }}
      />
    </li>
  ));
}
