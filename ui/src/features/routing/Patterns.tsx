import { ChevronUp, Plus, X } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import { IconButton } from "@/components/Button";
import { Input } from "@/components/Field";
import styles from "./Routing.module.css";

type Props = {
  /** `Allow` */
  label: string;
  patterns: readonly string[];
  /** What an empty list means. */
  none?: string;
  /** Which comes first counts. */
  ordered?: boolean;
  onChange: (patterns: string[]) => void;
};

/** Patterns of targets: each can be taken out, and others typed. */
export function Patterns({ label, patterns, none, ordered, onChange }: Props) {
  const [text, setText] = useState<string | null>(null);
  const wrong = text !== null && text.trim() !== "" && !/^[^\s]+$/.test(text.trim());
  const add = () => {
    const pattern = text?.trim() ?? "";
    if (pattern && !wrong && !patterns.includes(pattern)) onChange([...patterns, pattern]);
    if (!wrong) setText(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      event.preventDefault();
      add();
    } else if (event.key === "Escape" && text !== null) {
      event.stopPropagation();
      setText(null);
    }
  };
  return (
    <span className={styles.patterns} role="group" aria-label={label}>
      {patterns.length === 0 && text === null && none && <span className={styles.quiet}>{none}</span>}
      {patterns.map((pattern, at) => (
        <span key={pattern} className={styles.chip}>
          {ordered && <span className={styles.quiet}>{at + 1}</span>}
          <bdi>{pattern}</bdi>
          {ordered && at > 0 && (
            <button
              type="button"
              aria-label={`Put ${pattern} before ${patterns[at - 1]}`}
              onClick={() => onChange(patterns.toSpliced(at, 1).toSpliced(at - 1, 0, pattern))}
            >
              <ChevronUp size={12} />
            </button>
          )}
          <button
            type="button"
            aria-label={`${label}: take ${pattern} out`}
            onClick={() => onChange(patterns.filter((one) => one !== pattern))}
          >
            <X size={12} />
          </button>
        </span>
      ))}
      {text === null ? (
        <IconButton label={`${label}: add a pattern`} onClick={() => setText("")}>
          <Plus size={12} />
        </IconButton>
      ) : (
        <Input
          small
          autoFocus
          className={styles.pattern}
          aria-label={`${label}: pattern`}
          aria-invalid={wrong || undefined}
          placeholder="provider/model, * for any"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={add}
        />
      )}
    </span>
  );
}
