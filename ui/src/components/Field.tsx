import { CircleAlert } from "lucide-react";
import { useId, type ComponentProps, type ReactNode, type Ref } from "react";
import { cx } from "@/lib/classes";
import styles from "./Field.module.css";

/** What ties a control to its label, hint and error. */
export type FieldProps = { id: string; "aria-describedby"?: string; "aria-invalid"?: boolean };

type Props = {
  label: string;
  /** What to know before one fills it in. */
  hint?: ReactNode;
  /** What is wrong with it, and the way out. */
  error?: ReactNode;
  className?: string;
  /** Gets what ties it to the words around it. */
  children: (field: FieldProps) => ReactNode;
};

/** A control with its name above it, and a hint or an error below it. */
export function Field({ label, hint, error, className, children }: Props) {
  const id = useId();
  const below = error ?? hint;
  return (
    <div className={cx(styles.field, className)}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      {children({
        id,
        ...(below ? { "aria-describedby": `${id}-below` } : {}),
        ...(error ? { "aria-invalid": true } : {}),
      })}
      {below && (
        <p
          id={`${id}-below`}
          className={error ? styles.error : styles.hint}
          role={error ? "alert" : undefined}
        >
          {error && <CircleAlert size={12} />}
          <span>{below}</span>
        </p>
      )}
    </div>
  );
}

type InputProps = ComponentProps<"input"> & { mono?: boolean; small?: boolean; ref?: Ref<HTMLInputElement> };

/** A line of text. */
export function Input({ mono, small, className, ...rest }: InputProps) {
  return (
    <input
      autoComplete="off"
      spellCheck={false}
      {...rest}
      className={cx(styles.input, mono && styles.mono, small && styles.small, className)}
    />
  );
}

type AreaProps = ComponentProps<"textarea"> & { mono?: boolean; ref?: Ref<HTMLTextAreaElement> };

/** Some lines of text. */
export function TextArea({ mono, className, ...rest }: AreaProps) {
  return (
    <textarea
      spellCheck={false}
      {...rest}
      className={cx(styles.input, styles.area, mono && styles.mono, className)}
    />
  );
}
