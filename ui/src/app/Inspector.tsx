import type { ReactNode } from "react";
import styles from "./App.module.css";
import { Sash } from "./Sash";

/** The pane at the right: what is known of the thing that has the focus. */
export function Inspector({ children }: { children: ReactNode }) {
  return (
    <aside className={styles.inspector} aria-label="Inspector">
      {children}
      <Sash pane="inspector" />
    </aside>
  );
}
