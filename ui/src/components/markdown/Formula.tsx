import { createElement, memo, useEffect, useState, type ReactNode } from "react";
import { cx } from "@/lib/classes";
import type { MathNode } from "@/lib/markdown/formula";
import styles from "./Markdown.module.css";

type Read = (tex: string, display: boolean) => MathNode | null;
let known: Read | undefined;
let loading: Promise<Read> | undefined;

function useReader(): Read | undefined {
  const [read, setRead] = useState<Read | undefined>(() => known);
  useEffect(() => {
    if (read) return;
    let gone = false;
    loading ??= import("@/lib/markdown/formula").then(({ formula }) => (known = formula));
    loading.then(
      (formula) => gone || setRead(() => formula),
      () => (loading = undefined),
    );
    return () => void (gone = true);
  }, [read]);
  return read;
}

type Props = { tex: string; display: boolean; block?: boolean; caret?: ReactNode };

/** A formula as MathML; its source where it cannot be read, and until the reader is there. */
export const Formula = memo(function Formula({ tex, display, block, caret }: Props) {
  const read = useReader();
  const tree = read?.(tex, display);
  const shown = tree ? <Drawn node={tree} /> : <code className={styles.tex}>{tex}</code>;
  return block ? (
    <div className={styles.formula} data-aside tabIndex={0} role="group" aria-label="Formula">
      {shown}
      {caret}
    </div>
  ) : (
    <span className={cx(styles.inlineFormula, display && styles.displayed)} data-aside>
      {shown}
    </span>
  );
});

/** The reader let only harmless names through. */
function Drawn({ node }: { node: MathNode }): ReactNode {
  if (typeof node === "string") return node;
  const { tag, attributes, style, classes, children } = node;
  return createElement(
    tag,
    { ...attributes, style, className: classes.join(" ") || undefined },
    ...children.map((child, i) => (typeof child === "string" ? child : <Drawn key={i} node={child} />)),
  );
}
