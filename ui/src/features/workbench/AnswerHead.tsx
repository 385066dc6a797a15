import { Check, CircleX, FlaskConical, Square, Unplug } from "lucide-react";
import { duration } from "@/lib/figures";
import { pieces } from "@/lib/target";
import { useNow } from "@/lib/time";
import styles from "./AnswerColumn.module.css";
import type { Answer } from "./answer";

/** Whose answer it is and where it stands. */
export function AnswerHead({ answer, target, number }: { answer: Answer; target: string; number: number }) {
  const { provider, model, tail } = pieces(target);
  const title =
    answer.served && answer.served !== target ? `${target}, answered by ${answer.served}` : target;
  return (
    <header className={styles.head}>
      <h3 className={styles.name} title={title}>
        <span className={styles.number} aria-hidden="true">
          {number}
        </span>
        {provider === "simulated/" && (
          <span className={styles.made} title="simulated">
            <FlaskConical size={12} role="img" aria-label="simulated" />
          </span>
        )}
        <bdi className={styles.provider}>{provider}</bdi>
        <bdi className={styles.model}>{model}</bdi>
        <bdi className={styles.tail}>{tail}</bdi>
      </h3>
      <State answer={answer} />
    </header>
  );
}

function State({ answer: { state, metrics, askedAt, completion } }: { answer: Answer }) {
  const live = completion !== null && (state.state === "queued" || state.state === "streaming");
  const now = useNow(live);
  const elapsed = Math.max(0, now - askedAt);
  switch (state.state) {
    case "queued":
    case "streaming":
      if (!live) return <span className={styles.state}>not asked</span>;
      return (
        <span className={styles.state} data-live>
          <i className={styles.pulse} />
          {elapsed >= 1_000 || metrics.ttftMs !== null ? `${(elapsed / 1000).toFixed(1)}\u00a0s` : "live"}
        </span>
      );
    case "complete":
      return (
        <span className={styles.state}>
          <Check size={12} aria-label="complete" role="img" />
          {metrics.durationMs !== null ? duration(metrics.durationMs) : "done"}
        </span>
      );
    case "failed":
      return (
        <span className={styles.state} data-tone="danger">
          <CircleX size={12} />
          failed
        </span>
      );
    case "stopped":
      return (
        <span className={styles.state}>
          <Square size={12} />
          stopped
        </span>
      );
    case "interrupted":
      return (
        <span className={styles.state} data-tone="warn">
          <Unplug size={12} />
          interrupted
        </span>
      );
  }
}
