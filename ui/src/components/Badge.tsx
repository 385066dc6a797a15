import type { ReactNode } from "react";
import { cx } from "@/lib/classes";
import styles from "./Badge.module.css";

export type Tone = "ok" | "warn" | "danger" | "info" | "plain";

/** A word on a coloured ground; the word says it without the colour. */
export function Badge({
  tone = "plain",
  line,
  icon,
  title,
  children,
}: {
  tone?: Tone;
  /** An outline instead of a ground. */
  line?: boolean;
  icon?: ReactNode;
  title?: string;
  children: ReactNode;
}) {
  return (
    <span className={cx(styles.badge, styles[tone], line && styles.line)} title={title}>
      {icon}
      {children}
    </span>
  );
}

/** A word with its icon, without a ground: how a thing is, in a table. */
export function State({
  tone = "plain",
  icon,
  children,
}: {
  tone?: Tone;
  icon: ReactNode;
  children: ReactNode;
}) {
  return (
    <span className={cx(styles.state, styles[tone])}>
      {icon}
      {children}
    </span>
  );
}
