import { LoaderCircle } from "lucide-react";
import type { ComponentProps, ReactNode, Ref } from "react";
import { cx } from "@/lib/classes";
import { keysText } from "@/lib/platform";
import { keysNow, useShortcuts } from "@/lib/shortcuts";
import styles from "./Button.module.css";

type ButtonProps = ComponentProps<"button"> & {
  /** `danger` asks before it destroys, `destroy` does it. */
  kind?: "plain" | "primary" | "ghost" | "danger" | "destroy";
  small?: boolean;
  keys?: string;
  /** What it does is under way; it cannot be pressed again, and keeps the focus. */
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
};

/** A button with words. `keys` shows its shortcut. */
export function Button({ kind = "plain", small, keys, busy, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      {...(busy ? { "aria-disabled": true, "aria-busy": true, onClick: undefined } : {})}
      className={cx(styles.button, styles[kind], small && styles.small, className)}
    >
      {busy && <LoaderCircle size={14} className={styles.turning} />}
      {children}
      {keys && <Keys keys={keys} />}
    </button>
  );
}

type IconButtonProps = ComponentProps<"button"> & { label: string; large?: boolean; children?: ReactNode };

/** A button with a picture; its name is read out and shown on hover. */
export function IconButton({ label, large, className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={cx(styles.icon, large && styles.large, className)}
    />
  );
}

type KeysProps = {
  keys: string;
  /** Whose keys these are at first: what the user chose for it is shown instead. */
  command?: string;
  boxed?: boolean;
};

/** A shortcut, as a hint; screen readers hear it from the command list instead. */
export function Keys({ keys, command, boxed }: KeysProps) {
  const now = useShortcuts(({ chosen }) => (command ? keysNow(chosen, command, keys) : keys));
  return now ? (
    <span className={cx(styles.keys, boxed && styles.boxed)} aria-hidden="true">
      {keysText(now)}
    </span>
  ) : null;
}
