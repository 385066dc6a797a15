import {
  Braces,
  ChevronLeft,
  ChevronRight,
  Copy,
  CornerDownRight,
  Diff,
  GitFork,
  Heart,
  RotateCw,
  Square,
} from "lucide-react";
import { Button, IconButton, Keys } from "@/components/Button";
import { copy } from "@/components/copy";
import { cost, firstToken, guessTokens, rate, tokensIn, tokensOut, tokensPerSecond } from "@/lib/figures";
import { useNow } from "@/lib/time";
import { stop } from "../api";
import { fork, openDiff } from "../branching/acts";
import { heart } from "../judging/acts";
import type { TurnAnswer } from "../turns";
import { answerNow, answerText, charactersNow, isLive, type Standing } from "./answer";
import type { ColumnActions } from "./AnswerColumn";
import styles from "./answer.module.css";
import { failureWords } from "./failure";

type Props = { answer: Standing; place: TurnAnswer; count: number; actions: ColumnActions };

/** Two lines of figures and one of buttons, in their final size from the start. */
export function AnswerFooter({ answer, place, count, actions }: Props) {
  const { completion, state, words } = answer;
  const live = isLive(answer);
  const canGoOn =
    words &&
    (state.state === "interrupted" ||
      state.state === "stopped" ||
      state.state === "failed" ||
      (state.state === "complete" && state.stop === "length"));
  // A failed column has it beside the reason.
  const offered = state.state === "failed" && failureWords(state.error).ways.includes("retry");
  return (
    <footer className={styles.foot}>
      {place.blind ? (
        <p className={styles.hidden}>Figures come with the names, when you have voted.</p>
      ) : (
        <Figures answer={answer} place={place} live={live} />
      )}
      <div className={styles.buttons}>
        {live ? (
          // The second click on a Retry that has become this button was not meant for it.
          <Button small onClick={(event) => event.detail < 2 && completion && stop(completion)}>
            <Square size={12} />
            Stop
            <span className={styles.focusedOnly}>
              <Keys keys="Escape" />
            </span>
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
        <Siblings place={place} actions={actions} />
        {answer.attempts > 1 && <span className={styles.attempts}>{answer.attempts} attempts</span>}
        <span className={styles.push} />
        {count > 1 && (
          <IconButton
            label={place.mark?.heart ? "Take ♥ back" : count > 2 ? "Best answer" : "Better answer"}
            className={styles.heart}
            aria-pressed={place.mark?.heart !== undefined}
            disabled={live || !words || completion === null}
            onClick={() => heart(place)}
          >
            <Heart size={14} />
          </IconButton>
        )}
        {!live && place.answer && !place.blind && (
          <span className={styles.roomy}>
            <IconButton
              label="Fork here"
              onClick={() => place.answer && fork(place.answer.message.id, place.branch.id, "alone")}
            >
              <GitFork size={14} />
            </IconButton>
            {(count > 1 || place.answer.siblings > 1) && (
              <IconButton
                label="Compare with another answer"
                disabled={!words}
                onClick={() => void openDiff(place)}
              >
                <Diff size={14} />
              </IconButton>
            )}
          </span>
        )}
        <IconButton
          label="Copy"
          disabled={!words}
          onClick={() => void copy(answerText(answerNow(place).parts))}
        >
          <Copy size={14} />
        </IconButton>
        {!place.blind && (
          <IconButton
            label="Raw"
            title="Raw request and response"
            disabled={completion === null}
            onClick={() => completion && actions.raw(completion)}
          >
            <Braces size={14} />
          </IconButton>
        )}
      </div>
    </footer>
  );
}

/** Other answers to the same prompt: asked again, continued, or of another model. */
function Siblings({ place, actions }: Omit<Props, "answer" | "count">) {
  const { sibling } = place;
  if (!sibling) return null;
  const { number, count, back, forward } = sibling;
  return (
    <span className={styles.siblings} role="group" aria-label={`Answer ${number} of ${count}`}>
      <IconButton
        label="Previous answer"
        disabled={back === null}
        onClick={() => back !== null && actions.step(place, back)}
      >
        <ChevronLeft size={14} />
      </IconButton>
      <span>
        {number}/{count}
      </span>
      <IconButton
        label="Next answer"
        disabled={forward === null}
        onClick={() => forward !== null && actions.step(place, forward)}
      >
        <ChevronRight size={14} />
      </IconButton>
    </span>
  );
}

function Figures({ answer, place, live }: { answer: Standing; place: TurnAnswer; live: boolean }) {
  const { metrics, state } = answer;
  const now = useNow(live);
  const { usage } = metrics;
  const counted = usage.output === null ? null : usage.output + (usage.reasoning ?? 0);
  // Looked up at each tick of the clock, not at each token.
  const characters = live && counted === null ? charactersNow(place) : 0;
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
