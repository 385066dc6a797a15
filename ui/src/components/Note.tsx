import { CircleCheck, CircleX, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "@/lib/classes";
import styles from "./Note.module.css";

const icons = { info: Info, warn: TriangleAlert, danger: CircleX, ok: CircleCheck };

/** Something to know where it matters, with what to do about it. */
export function Note({
  tone,
  role,
  actions,
  className,
  children,
}: {
  tone: keyof typeof icons;
  /** `alert` for what just went wrong, `status` for what just changed. */
  role?: "alert" | "status";
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  const Icon = icons[tone];
  return (
    <div className={cx(styles.note, styles[tone], className)} role={role}>
      <Icon size={14} />
      <div className={styles.text}>{children}</div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
