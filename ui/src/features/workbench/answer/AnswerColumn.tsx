import { memo, useRef, type KeyboardEvent } from "react";
import type { CompletionId, ConversationId, MessageId } from "@/ipc";
import { isRoute, shortName } from "@/lib/target";
import { stop } from "../api";
import { hueOfAnswer } from "../judging/judged";
import type { TurnAnswer } from "../turns";
import { AnswerBody } from "./AnswerBody";
import { AnswerFooter } from "./AnswerFooter";
import { AnswerHead } from "./AnswerHead";
import { isLive, useStanding } from "./answer";
import styles from "./answer.module.css";
import type { WayOut } from "./failure";
import { setFocused } from "./focused";
import { Routed } from "./Routed";
import { useSight } from "./sight";

export type ColumnActions = {
  conversation: ConversationId | null;
  retry: (completion: CompletionId) => void;
  goOn: (completion: CompletionId) => void;
  raw: (completion: CompletionId) => void;
  /** Asks another model, to be picked, in this column. */
  otherModel: (completion: CompletionId) => void;
  /** The path to this message as a conversation of its own. */
  fork: (message: MessageId) => void;
  /** A way out that leads beyond this column. */
  leave: (way: WayOut, target: string, completion: CompletionId | null) => void;
  /** Shows another answer to the same prompt. */
  step: (place: TurnAnswer, by: number) => void;
  /** Puts the column at another place, from 0. */
  move: (place: TurnAnswer, to: number) => void;
};

type Props = {
  place: TurnAnswer;
  /** From 1. */
  number: number;
  count: number;
  folded: boolean;
  /** Shown alone, though there are others. */
  alone: boolean;
  /** Parameters that its neighbours do not share, a line each. */
  chips: string;
  actions: ColumnActions;
};

/** One answer. It subscribes to its own completion only, so its neighbours do not render when it grows. */
export const AnswerColumn = memo(function AnswerColumn(props: Props) {
  const { place, number, folded, chips, actions } = props;
  const answer = useStanding(place);
  const live = isLive(answer);
  const column = useRef<HTMLElement>(null);
  useSight(column, live ? answer.completion : null);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented) return;
    const bare = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
    if (event.key === "Escape" && bare && live && answer.completion) {
      event.stopPropagation();
      stop(answer.completion);
      return;
    }
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined || !(event.target as HTMLElement).matches("[data-answer-body], [data-folded]"))
      return;
    if (event.altKey && event.shiftKey && !event.ctrlKey) {
      event.preventDefault();
      actions.move(place, number - 1 + by);
    } else if (bare) {
      const steps = by < 0 ? place.sibling?.back : place.sibling?.forward;
      if (steps) {
        event.preventDefault();
        actions.step(place, steps);
      }
    }
  };
  return (
    <section
      ref={column}
      className={styles.column}
      data-hue={hueOfAnswer(place)}
      aria-label={place.blind ? place.target : `Answer of ${place.target}`}
      aria-busy={live}
      data-column={number}
      data-branch={place.branch.id}
      data-fold={folded || undefined}
      onKeyDown={onKeyDown}
      onFocus={() => setFocused(place)}
      onPointerDown={() => setFocused(place)}
    >
      <AnswerHead {...props} answer={answer} />
      {!folded && (
        <>
          {isRoute(place.target) && !place.blind && <Routed answer={answer} target={place.target} />}
          <AnswerBody
            answer={answer}
            place={place}
            number={number}
            name={shortName(place.target)}
            chips={chips}
            actions={actions}
          />
          <AnswerFooter answer={answer} place={place} count={props.count} actions={actions} />
        </>
      )}
    </section>
  );
});
