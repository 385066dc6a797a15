import { RotateCw } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/Button";
import type { Cost, Failure } from "@/ipc";
import { cost, duration } from "@/lib/figures";
import { useNow } from "@/lib/time";
import type { Standing } from "./answer";
import type { ColumnActions } from "./AnswerColumn";
import styles from "./answer.module.css";
import { failureWords, type WayOut } from "./failure";
import { leaveEnd } from "./following";

const ways: Record<WayOut, string> = {
  retry: "Retry",
  key: "Enter a key",
  providers: "Check the provider",
  model: "Choose another model",
  new: "New conversation",
};

/** Room above the heading that is scrolled to. */
const ABOVE_PX = 12;

type Props = { answer: Standing; failure: Failure; target: string; blind: boolean; actions: ColumnActions };

/** What happened, what it cost, and the one or two things to do about it. */
export function Failed({ answer, failure, target, blind, actions }: Props) {
  const { title, ways: offered } = failureWords(failure);
  const written = answer.words;
  const billed = answer.metrics.cost;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // The column followed its end: what happened comes first, the attempts can be scrolled to.
    const box = heading.current?.closest("[data-answer-body]");
    const above =
      (box?.getBoundingClientRect().top ?? 0) - (heading.current?.getBoundingClientRect().top ?? 0);
    if (!box || above <= 0) return;
    leaveEnd(box);
    box.scrollTop -= above + ABOVE_PX;
  }, []);
  if (blind)
    return (
      <div className={styles.failed} role="alert">
        <h4>The call failed</h4>
        <p>What happened would tell the name: it is shown after the vote.</p>
        <div className={styles.ways}>
          <Button small onClick={() => answer.completion && actions.retry(answer.completion)}>
            <RotateCw size={12} />
            Retry
          </Button>
        </div>
      </div>
    );
  return (
    <div className={styles.failed} role="alert">
      <h4 ref={heading}>{title}</h4>
      <p dir="auto">{failure.message}</p>
      {(!written || billed) && <p className={styles.quiet}>{afterwards(written, billed)}</p>}
      <div className={styles.ways}>
        {offered.map((way) =>
          way === "retry" ? (
            <RetryButton key={way} answer={answer} after={failure.retryAfterMs} onRetry={actions.retry} />
          ) : (
            <Button key={way} small onClick={() => actions.leave(way, target, answer.completion)}>
              {ways[way]}
            </Button>
          ),
        )}
      </div>
      {answer.calls.length > 1 && (
        <ol className={styles.calls} aria-label="Attempts">
          {answer.calls.map((call, i) => (
            <li key={i}>
              <span>{duration(call.after)}</span>
              <bdi>{call.provider}</bdi>
              <span>{call.outcome}</span>
            </li>
          ))}
        </ol>
      )}
      <button
        type="button"
        className={styles.textButton}
        onClick={() => answer.completion && actions.raw(answer.completion)}
      >
        View raw answers
      </button>
    </div>
  );
}

function afterwards(written: boolean, billed: Cost | null): string {
  if (billed === null) return "Nothing was written.";
  const free = Number(billed.usd) === 0;
  if (written) return free ? "Nothing was billed." : `${cost(billed)} was billed.`;
  return free
    ? "Nothing was written and nothing was billed."
    : `Nothing was written; ${cost(billed)} was billed.`;
}

/** Says how long the provider asked us to wait, and can be pressed before that. */
function RetryButton({
  answer,
  after,
  onRetry,
}: {
  answer: Standing;
  after: number | null;
  onRetry: (completion: string) => void;
}) {
  const until = answer.askedAt + (answer.metrics.durationMs ?? 0) + (after ?? 0);
  const [early] = useState(() => Date.now() < until);
  const now = useNow(early);
  const left = Math.ceil((until - now) / 1000);
  return (
    <Button small onClick={() => answer.completion && onRetry(answer.completion)}>
      <RotateCw size={12} />
      {after !== null && left > 0 ? (
        <>
          Retry <span className={styles.num}>(asked to wait {left}&nbsp;s)</span>
        </>
      ) : (
        "Retry"
      )}
    </Button>
  );
}
