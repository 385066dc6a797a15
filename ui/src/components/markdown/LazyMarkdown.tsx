import { lazy, Suspense, type ComponentProps } from "react";
import type { Markdown } from "./Markdown";
import styles from "./Markdown.module.css";

// Asked for at once, but nothing waits for it: the frame is drawn first.
const loading = import("./Markdown");
const Loaded = lazy(async () => ({ default: (await loading).Markdown }));

/** Markdown, and its bare words until the reader of Markdown is there. */
export function LazyMarkdown(props: ComponentProps<typeof Markdown>) {
  return (
    <Suspense
      fallback={
        <p className={styles.bare} dir="auto">
          {String(props.source)}
          {props.caret}
        </p>
      }
    >
      <Loaded {...props} />
    </Suspense>
  );
}
