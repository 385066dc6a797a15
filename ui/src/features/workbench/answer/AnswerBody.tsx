import { memo } from "react";
import { ArrowDown, TriangleAlert } from "lucide-react";
import { Badge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Link } from "@/components/markdown/Link";
import { seconds } from "@/lib/figures";
import { useNow } from "@/lib/time";
import type { LivePart } from "../fold";
import type { TurnAnswer } from "../turns";
import { isLive, lastText, useParts, type Standing } from "./answer";
import type { ColumnActions } from "./AnswerColumn";
import styles from "./answer.module.css";
import { Failed } from "./Failed";
import { useFollowing } from "./following";
import { PartView } from "./Parts";
import { partId } from "./reveal";
import { Spoken } from "./Spoken";

type Props = {
  answer: Standing;
  place: TurnAnswer;
  number: number;
  chips: string;
  name: string;
  actions: ColumnActions;
};

/** The text. It follows its end while it grows, until the reader scrolls up. */
export function AnswerBody({ answer, place, number, chips, name, actions }: Props) {
  const { state, completion, sources } = answer;
  const { target, ownPrompt, branch } = place;
  const live = isLive(answer);
  const { scroller, content, following, follow, toEnd, onScroll, onWish } = useFollowing(
    live,
    branch.id,
    place.answer?.message.id ?? place.key,
    number,
  );
  return (
    <div className={styles.middle}>
      <div
        className={styles.body}
        ref={scroller}
        onScroll={onScroll}
        onKeyDown={onWish}
        onPointerDown={onWish}
        onTouchMove={onWish}
        onWheel={(event) => {
          onWish();
          if (event.deltaY < 0 && !event.ctrlKey) follow(false);
        }}
        tabIndex={0}
        role="group"
        aria-label={`Column of ${target}`}
        data-answer-body
      >
        <div ref={content} className={styles.content}>
          {ownPrompt !== null && (
            <p className={styles.ownPrompt} dir="auto" data-own>
              {ownPrompt}
            </p>
          )}
          {chips && (
            <p className={styles.chips} aria-label="Asked with">
              {chips.split("\n").map((chip) => (
                <Badge key={chip} line>
                  {chip}
                </Badge>
              ))}
            </p>
          )}
          <Said answer={answer} place={place} live={live} />
          {state.state === "failed" && completion !== null && (
            <Failed
              answer={answer}
              failure={state.error}
              target={target}
              blind={place.blind === true}
              actions={actions}
            />
          )}
          {state.state === "interrupted" && (
            <p className={styles.note}>
              <TriangleAlert size={14} />
              <span>The app closed while this was being written. Everything that was shown is here.</span>
            </p>
          )}
          {state.state === "complete" && <StopNote stop={state.stop} />}
          {sources.length > 0 && (
            <section className={styles.sources} aria-label="Sources">
              <h4>Sources</h4>
              <ol>
                {sources.map(({ url, title }) => (
                  <li key={url} dir="auto">
                    <Link address={url}>{title}</Link>
                  </li>
                ))}
              </ol>
            </section>
          )}
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
      {/* What was read out under another name goes with it. */}
      <ReadOut key={name} place={place} live={live} name={name} state={state.state} />
    </div>
  );
}

/** What the model said, and nothing else: of the whole column, only this renders when there is more of it. */
const Said = memo(function Said({
  answer,
  place,
  live,
}: {
  answer: Standing;
  place: TurnAnswer;
  live: boolean;
}) {
  const parts = useParts(place);
  // Whether and how long it thought tells models apart.
  const hidden = (part: LivePart) => place.blind === true && part.kind === "reasoning";
  return (
    <>
      <div className={styles.parts} role="group" aria-label={`Text of ${place.target}`} data-parts>
        {parts.map((part, i) =>
          hidden(part) ? null : (
            <PartView
              key={i}
              part={part}
              live={live && i === parts.length - 1}
              id={partId(answer.completion ?? place.key, i)}
              tokens={answer.metrics.usage.reasoning}
            />
          ),
        )}
      </div>
      {live && parts.every(hidden) && <Waiting askedAt={answer.askedAt} attempts={answer.attempts} />}
    </>
  );
});

function ReadOut({ place, ...rest }: { place: TurnAnswer; live: boolean; name: string; state: string }) {
  return <Spoken text={lastText(useParts(place))} {...rest} />;
}

function Waiting({ askedAt, attempts }: { askedAt: number; attempts: number }) {
  const elapsed = Math.max(0, useNow(true) - askedAt);
  return (
    <p className={styles.waiting}>
      {attempts > 1 ? `Asking again, call ${attempts}` : "Waiting for the first token"}
      {elapsed >= 1_000 && <span className={styles.num}> {seconds(elapsed)}</span>}
    </p>
  );
}

const stopWords: Record<string, string> = {
  length: "Cut at the output limit.",
  toolCalls: "Waits for the results of its tools.",
  contentFilter: "Cut by the provider's filter.",
  refusal: "The model declined.",
  pause: "The provider paused here.",
};

function StopNote({ stop }: { stop: string }) {
  const words = stopWords[stop];
  return words ? <p className={styles.stopNote}>{words}</p> : null;
}
