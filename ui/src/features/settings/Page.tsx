import type { ReactNode } from "react";
import styles from "./Settings.module.css";

/** A page of the settings: its title, what can be done with all of it, and its parts. */
export function Page({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>{title}</h1>
        {actions}
      </header>
      <div className={styles.body}>{children}</div>
    </div>
  );
}

/** One setting: what it is at the left, its control at the right. */
export function Setting({ title, hint, children }: { title: string; hint?: ReactNode; children: ReactNode }) {
  return (
    <div className={styles.setting}>
      <div className={styles.what}>
        <h2>{title}</h2>
        {hint && <p>{hint}</p>}
      </div>
      <div className={styles.control}>{children}</div>
    </div>
  );
}
