import { ArrowDown, Brain, FileText, RotateCw, TriangleAlert, Wrench } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Button } from "@/components/Button";
import { Markdown } from "@/components/markdown/Markdown";
import { count, duration } from "@/lib/figures";
import { useNow } from "@/lib/time";
import type { Failure } from "@/ipc";
import type { ColumnActions } from "./AnswerColumn";
import styles from "./AnswerColumn.module.css";
import { answerText, type Answer } from "./answer";
import { failureWords, type WayOut } from "./failure";
import type { LivePart } from "./fold";

type Props = {
  answer: Answer;
  ownPrompt: string | null;
  name: string;
  target: string;
  actions: ColumnActions;
};

/** Close enough to the end to count as being there. */
const NEAR_PX = 24;

/** The text. It follows its end while it grows, until the reader scrolls up. */
export function AnswerBody({ answer, ownPrompt, name, target, actions }: Props) {
  const { state, parts, completion } = answer;
  const live = completion !== null && (state.state === "queued" || state.state === "streaming");
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(live);
  const top = useRef(0);

  // Beside the state, since text may arrive between a scroll and the render that it causes.
  const follows = useRef(live);
  const follow = (now: boolean) => {
    follows.current = now;
    setFollowing(now);
  };
  const toEnd = () => {
    const box = scroller.current;
    if (!box || !follows.current) return;
    box.scrollTop = box.scrollHeight;
    top.current = box.scrollTop;
  };
  useLayoutEffect(() => {
    if (live) toEnd();
  });
  // Fonts, wrapping and the window's size move the end too.
  useEffect(() => {
    if (!live || !following || !content.current) return;
    const watch = new ResizeObserver(toEnd);
    watch.observe(content.current);
    return () => watch.disconnect();
  }, [live, following]);
  const onScroll = () => {
    const box = scroller.current;
    if (!box) return;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    // Upwards is a wish, however small; downwards it is one at the end.
    if (box.scrollTop < top.current - 1) follow(false);
    else if (atEnd) follow(true);
    top.current = box.scrollTop;
  };

  const last = parts.at(-1);
  return (
    <div className={styles.middle}>
      <div
        className={styles.body}
        ref={scroller}
        onScroll={onScroll}
        onWheel={(event) => event.deltaY < 0 && follow(false)}
        tabIndex={0}
        role="group"
        aria-label={`Column of ${target}`}
        data-answer-body
      >
        <div ref={content} className={styles.content}>
          {ownPrompt !== null && (
            <p className={styles.ownPrompt} dir="auto">
              {ownPrompt}
            </p>
          )}
          {/* What the model said, and nothing else. */}
          <div className={styles.parts} role="group" aria-label={`Text of ${target}`}>
            {parts.map((part, i) => (
              <PartView
                key={i}
                part={part}
                live={live && part === last}
                tokens={answer.metrics.usage.reasoning}
              />
            ))}
          </div>
          {live && parts.length === 0 && <Waiting askedAt={answer.askedAt} attempts={answer.attempts} />}
          {state.state === "failed" && completion !== null && (
            <Failed answer={answer} failure={state.error} target={target} actions={actions} />
          )}
          {state.state === "interrupted" && (
            <p className={styles.note}>
              <TriangleAlert size={14} />
              <span>The app closed while this was being written. Everything that was shown is here.</span>
            </p>
          )}
          {state.state === "complete" && <StopNote stop={state.stop} />}
        </div>
      </div>
      {live && !following && (
        <Button
          small
          className={styles.latest}
          onClick={() => {
            follow(true);
            toEnd();
          }}
        >
          Latest
          <ArrowDown size={12} />
        </Button>
      )}
      <Spoken parts={parts} live={live} name={name} state={state.state} />
    </div>
  );
}

function PartView({ part, live, tokens }: { part: LivePart; live: boolean; tokens: number | null }) {
  const caret = live ? <i className={styles.caret} /> : undefined;
  switch (part.kind) {
    case "text":
      return <Markdown source={part.text} finished={!live} caret={caret} />;
    case "reasoning":
      return (
        <details className={styles.folded}>
          <summary>
            <Brain size={12} />
            {live ? "Reasoning" : "Reasoned"}
            {!live && tokens !== null && <span className={styles.quiet}>{count(tokens)} tok</span>}
            {caret}
          </summary>
          <div className={styles.reasoning} dir="auto">
            {part.text || "The provider keeps the words to itself."}
          </div>
        </details>
      );
    case "toolCall":
      return (
        <div className={styles.tool}>
          <div className={styles.toolName}>
            <Wrench size={12} />
            <bdi>{part.label}</bdi>
          </div>
          <pre tabIndex={0} role="group" aria-label={`Arguments of ${part.label}`}>
            {prettyJson(part.text)}
            {caret}
          </pre>
        </div>
      );
    case "media":
      return (
        <p className={styles.media}>
          <FileText size={14} />
          <bdi>{part.label}</bdi>
        </p>
      );
  }
}

function Waiting({ askedAt, attempts }: { askedAt: number; attempts: number }) {
  const elapsed = Math.max(0, useNow(true) - askedAt);
  return (
    <p className={styles.waiting}>
      {attempts > 1 ? `Asking again, call ${attempts}` : "Waiting for the first token"}
      {elapsed >= 1_000 && <span className={styles.num}> {duration(elapsed)}</span>}
    </p>
  );
}

const ways: Record<WayOut, string> = {
  retry: "Retry",
  key: "Enter a key",
  providers: "Check the provider",
  model: "Choose another model",
  new: "New conversation",
};

function Failed({
  answer,
  failure,
  target,
  actions,
}: {
  answer: Answer;
  failure: Failure;
  target: string;
  actions: ColumnActions;
}) {
  const { title, ways: offered } = failureWords(failure);
  return (
    <div className={styles.failed} role="alert">
      <h4>{title}</h4>
      <p dir="auto">{failure.message}</p>
      {answer.parts.length === 0 && <p className={styles.quiet}>Nothing was written.</p>}
      <div className={styles.ways}>
        {offered.map((way) =>
          way === "retry" ? (
            <RetryButton key={way} answer={answer} after={failure.retryAfterMs} onRetry={actions.retry} />
          ) : (
            <Button key={way} small onClick={() => actions.leave(way, target)}>
              {ways[way]}
            </Button>
          ),
        )}
      </div>
      {answer.calls.length > 1 && (
        <ol className={styles.calls}>
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

/** Says how long the provider asked us to wait, and can be pressed before that. */
function RetryButton({
  answer,
  after,
  onRetry,
}: {
  answer: Answer;
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

function StopNote({ stop }: { stop: string }) {
  const words: Record<string, string> = {
    length: "Cut at the output limit.",
    toolCalls: "Waits for the results of its tools.",
    contentFilter: "Cut by the provider's filter.",
    refusal: "The model declined.",
    pause: "The provider paused here.",
  };
  return words[stop] ? <p className={styles.stopNote}>{words[stop]}</p> : null;
}

/** Reads out finished sentences, not tokens, and how it ended. */
function Spoken({
  parts,
  live,
  name,
  state,
}: {
  parts: readonly LivePart[];
  live: boolean;
  name: string;
  state: string;
}) {
  const [said, setSaid] = useState("");
  const told = useRef<number | null>(null);
  const text = answerText(parts);
  useEffect(() => {
    if (!live) {
      if (told.current !== null) setSaid(`${name}: ${state}`);
      told.current = null;
      return;
    }
    told.current ??= 0;
    const end = Math.max(
      text.lastIndexOf(". "),
      text.lastIndexOf(".\n"),
      text.lastIndexOf("? "),
      text.lastIndexOf("。"),
    );
    if (end <= told.current) return;
    setSaid(text.slice(told.current, end + 1).trim());
    told.current = end + 1;
  }, [text, live, name, state]);
  return (
    <div className="srOnly" aria-live="polite">
      {said}
    </div>
  );
}

function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
