/** Two texts word by word, as elements. */
import type { TextDiff } from "@/ipc";
import styles from "./branching.module.css";

/** One side: what only it has is marked. */
export function SideText({ diff, side }: { diff: TextDiff; side: "left" | "right" }) {
  const only = side === "left" ? "removed" : "added";
  const text = side === "left" ? diff.left : diff.right;
  return (
    <div className={styles.side} dir="auto">
      {diff.spans.map((span, i) => {
        const piece =
          side === "left"
            ? text.slice(span.leftStart, span.leftEnd)
            : text.slice(span.rightStart, span.rightEnd);
        if (!piece) return null;
        if (span.kind !== only) return <span key={i}>{piece}</span>;
        return side === "left" ? (
          <del key={i} className={styles.removed}>
            {piece}
          </del>
        ) : (
          <ins key={i} className={styles.added}>
            {piece}
          </ins>
        );
      })}
    </div>
  );
}

/** Both in one text. */
export function OneText({ diff }: { diff: TextDiff }) {
  return (
    <div className={styles.side} dir="auto">
      {diff.spans.map((span, i) => {
        if (span.kind === "removed")
          return (
            <del key={i} className={styles.removed}>
              {diff.left.slice(span.leftStart, span.leftEnd)}
            </del>
          );
        const piece = diff.right.slice(span.rightStart, span.rightEnd);
        return span.kind === "added" ? (
          <ins key={i} className={styles.added}>
            {piece}
          </ins>
        ) : (
          <span key={i}>{piece}</span>
        );
      })}
    </div>
  );
}
