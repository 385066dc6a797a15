import { Braces, Copy, CornerDownRight, RotateCw, Square } from "lucide-react";
import { Button, IconButton, Keys } from "@/components/Button";
import { copy } from "@/components/copy";
import { cost, firstToken, guessTokens, rate, tokensIn, tokensOut, tokensPerSecond } from "@/lib/figures";
import { useNow } from "@/lib/time";
import type { ColumnActions } from "./AnswerColumn";
import styles from "./AnswerColumn.module.css";
import { stop } from "./api";
import { failureWords } from "./failure";
import { answerText, type Answer } from "./answer";

/** Two lines of figures and one of buttons, in their final size from the start. */
export function AnswerFooter({ answer, actions }: { answer: Answer; actions: ColumnActions }) {
  const { completion, state, parts } = answer;
  const live = completion !== null && (state.state === "queued" || state.state === "streaming");
  const text = answerText(parts);
  const canGoOn =
    text !== "" &&
    (state.state === "interrupted" ||
      state.state === "stopped" ||
      state.state === "failed" ||
      (state.state === "complete" && state.stop === "length"));
  // A failed column has it beside the reason.
  const offered = state.state === "failed" && failureWords(state.error).ways.includes("retry");
  return (
    <footer className={styles.foot}>
      <Figures answer={answer} live={live} />
      <div className={styles.buttons}>
        {live ? (
          <Button small onClick={() => stop(completion)}>
            <Square size={12} />
            Stop
            <Keys keys="Escape" />
          </Button>
        ) : (
          <>
            {canGoOn && completion !== null && (
              <Button small onClick={() => actions.goOn(completion)}>
                <CornerDownRight size={12} />
                Continue
              </Button>
            )}
            {offered || completion === null ? null : canGoOn ? (
              <Button small onClick={() => actions.retry(completion)}>
                Retry
              </Button>
            ) : (
              <IconButton label="Retry" onClick={() => actions.retry(completion)}>
                <RotateCw size={14} />
              </IconButton>
            )}
          </>
        )}
        {answer.attempts > 1 && <span className={styles.attempts}>{answer.attempts} attempts</span>}
        <span className={styles.push} />
        <IconButton label="Copy" disabled={text === ""} onClick={() => void copy(text)}>
          <Copy size={14} />
        </IconButton>
        <IconButton
          label="Raw"
          title="Raw request and response"
          disabled={completion === null}
          onClick={() => completion && actions.raw(completion)}
        >
          <Braces size={14} />
        </IconButton>
      </div>
    </footer>
  );
}

function Figures({ answer, live }: { answer: Answer; live: boolean }) {
  const { metrics, state, parts } = answer;
  const now = useNow(live);
  const { usage } = metrics;
  const counted = usage.output === null ? null : usage.output + (usage.reasoning ?? 0);
  const characters = live && counted === null ? parts.reduce((sum, part) => sum + part.text.length, 0) : 0;
  const speed =
    metrics.ttftMs === null || (!live && metrics.durationMs === null)
      ? null
      : rate(
          counted ?? guessTokens(characters),
          metrics,
          metrics.durationMs ?? Math.max(0, now - answer.askedAt),
        );
  const guessed = counted === null || metrics.usageBy === "estimated";
  const ended = !live && answer.completion !== null;
  const inWords = tokensIn(usage);
  return (
    <>
      <div className={styles.figures}>
        {metrics.ttftMs !== null ? (
          <span>{firstToken(metrics.ttftMs)} first</span>
        ) : (
          answer.completion !== null && (
            <span className={styles.quiet}>{live ? "no token yet" : "no first token"}</span>
          )
        )}
        {speed !== null && (
          <span>
            {guessed && "≈\u00a0"}
            {tokensPerSecond(speed)}
          </span>
        )}
        {/* Until the end nobody knows the cost: that is not the same as unknown. */}
        {(ended || metrics.cost !== null) && (
          <b className={metrics.cost === null ? styles.quiet : undefined} title="Cost">
            {state.state === "failed" &&
            metrics.cost === null &&
            usage.input === null &&
            usage.output === null
              ? "no cost reported"
              : cost(metrics.cost)}
          </b>
        )}
      </div>
      <div className={styles.tokens}>
        <span>{inWords && guessed && ended ? `≈\u00a0${inWords}` : inWords}</span>
        <span>{tokensOut(usage)}</span>
      </div>
    </>
  );
}
