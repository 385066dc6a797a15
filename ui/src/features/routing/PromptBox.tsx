import { useId } from "react";
import { TextArea } from "@/components/Field";
import styles from "./Routing.module.css";
import { setTried, useView } from "./view";

/** The prompt that is tried: what is typed is decided on at once, and sent to nobody. */
export function PromptBox({ rows }: { rows: number }) {
  const prompt = useView((view) => view.tried.prompt);
  const id = useId();
  return (
    <section className={styles.half} aria-labelledby={id}>
      <header className={styles.title}>
        <h2 id={id}>Try a prompt</h2>
        <span className={styles.quiet}>decides as you type, asks nobody</span>
      </header>
      <TextArea
        aria-label="Prompt to try"
        className={styles.prompt}
        rows={rows}
        dir="auto"
        value={prompt}
        onChange={(event) => setTried({ prompt: event.target.value })}
      />
    </section>
  );
}
