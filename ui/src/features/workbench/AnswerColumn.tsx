import { memo, type KeyboardEvent } from "react";
import { shortName } from "@/lib/target";
import { hueOf } from "@/lib/hues";
import type { CompletionId } from "@/ipc";
import { AnswerBody } from "./AnswerBody";
import { AnswerFooter } from "./AnswerFooter";
import { AnswerHead } from "./AnswerHead";
import styles from "./AnswerColumn.module.css";
import { stop } from "./api";
import type { WayOut } from "./failure";
import { useAnswer } from "./answer";
import type { TurnAnswer } from "./turns";

export type ColumnActions = {
  retry: (completion: CompletionId) => void;
  goOn: (completion: CompletionId) => void;
  raw: (completion: CompletionId) => void;
  /** A way out that leads beyond this column. */
  leave: (way: WayOut, target: string) => void;
};

type Props = { place: TurnAnswer; number: number; actions: ColumnActions };

/** One answer. It subscribes to its own completion only, so its neighbours do not render when it grows. */
export const AnswerColumn = memo(function AnswerColumn({ place, number, actions }: Props) {
  const answer = useAnswer(place);
  const live = answer.state.state === "streaming" || answer.state.state === "queued";
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.shiftKey || event.ctrlKey || !live || !answer.completion) return;
    event.stopPropagation();
    stop(answer.completion);
  };
  return (
    <section
      className={styles.column}
      style={{ "--m": hueOf(place.target) }}
      aria-label={`Answer of ${place.target}`}
      aria-busy={live && answer.completion !== null}
      data-column={number}
      onKeyDown={onKeyDown}
    >
      <AnswerHead answer={answer} target={place.target} number={number} />
      <AnswerBody
        answer={answer}
        ownPrompt={place.ownPrompt}
        name={shortName(place.target)}
        actions={actions}
        target={place.target}
      />
      <AnswerFooter answer={answer} actions={actions} />
    </section>
  );
});
