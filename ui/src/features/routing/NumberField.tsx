import { useState } from "react";
import { Input } from "@/components/Field";
import styles from "./Routing.module.css";

type Props = {
  label: string;
  /** `null` sets no limit. */
  value: number | null;
  min?: number;
  max?: number;
  placeholder?: string;
  before?: string;
  after?: string;
  onChange: (value: number | null) => void;
};

/** A number between words. What is none, or out of its bounds, is marked and changes nothing. */
export function NumberField({ label, value, min, max, placeholder, before, after, onChange }: Props) {
  const shown = value === null ? "" : String(value);
  const [typed, setTyped] = useState<{ text: string; of: string } | null>(null);
  // What was typed stays as it was typed, until the value comes to be another.
  const text = typed && (typed.of === shown || read(typed.text) === value) ? typed.text : shown;
  const number = read(text);
  const wrong =
    number === undefined ||
    (number === null && placeholder === undefined) ||
    (number !== null && ((min !== undefined && number < min) || (max !== undefined && number > max)));
  return (
    <span className={styles.number}>
      {before && <span className={styles.quiet}>{before}</span>}
      <Input
        small
        inputMode="decimal"
        aria-label={label}
        aria-invalid={wrong || undefined}
        placeholder={placeholder}
        value={text}
        onChange={(event) => {
          const now = read(event.target.value);
          setTyped({ text: event.target.value, of: shown });
          if (now === undefined || (now === null && placeholder === undefined)) return;
          if (now !== null && ((min !== undefined && now < min) || (max !== undefined && now > max))) return;
          onChange(now);
        }}
        onBlur={() => setTyped(null)}
      />
      {after && <span className={styles.quiet}>{after}</span>}
    </span>
  );
}

/** `undefined` is no number; nothing at all is `null`. */
function read(text: string): number | null | undefined {
  const bare = text.trim();
  if (bare === "") return null;
  return /^\d*\.?\d+$/.test(bare) ? Number(bare) : undefined;
}
