import { ChevronRight } from "lucide-react";
import { useLayoutEffect, useRef, useState } from "react";
import { Button } from "@/components/Button";
import { hueOf } from "@/lib/hues";
import { shortName } from "@/lib/target";
import { useAnswer } from "./answer";
import { AnswerColumn, type ColumnActions } from "./AnswerColumn";
import type { Turn, TurnAnswer } from "./turns";
import styles from "./Workbench.module.css";

/** The turn that is being read: its prompt, and its answers side by side. */
export function OpenTurn({ turn, actions }: { turn: Turn; actions: ColumnActions }) {
  return (
    <>
      {turn.promptRole && <Prompt key={turn.depth} turn={turn} />}
      <div className={styles.columns} data-count={turn.answers.length}>
        {turn.answers.map((place, i) => (
          <AnswerColumn key={`${place.key} ${turn.depth}`} place={place} number={i + 1} actions={actions} />
        ))}
      </div>
    </>
  );
}

function Prompt({ turn }: { turn: Turn }) {
  const [all, setAll] = useState(false);
  const [long, setLong] = useState(false);
  const text = useRef<HTMLParagraphElement>(null);
  useLayoutEffect(() => {
    const box = text.current;
    if (box && !all) setLong(box.scrollHeight > box.clientHeight + 2);
  }, [turn.prompt, all]);
  return (
    <div className={styles.prompt} role="group" aria-label={`Prompt of turn ${turn.number}`}>
      <span className={styles.who}>{turn.promptRole === "system" ? "System" : "You"}</span>
      <p
        ref={text}
        className={styles.promptText}
        data-all={all || undefined}
        dir="auto"
        tabIndex={all ? 0 : undefined}
      >
        {turn.prompt}
      </p>
      {long && (
        <Button kind="ghost" small onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? "Less" : "More"}
        </Button>
      )}
    </div>
  );
}

/** A turn that is not open, in one line. */
export function TurnRow({ turn, onOpen }: { turn: Turn; onOpen: (depth: number) => void }) {
  return (
    <button type="button" className={styles.row} aria-expanded={false} onClick={() => onOpen(turn.depth)}>
      <ChevronRight size={12} />
      <span className="srOnly">Turn {turn.number}: </span>
      <span className={styles.rowText} dir="auto">
        {turn.prompt || "An answer without a prompt"}
      </span>
      <span className={styles.dots}>
        {turn.answers.map((place) => (
          <Dot key={place.key} place={place} />
        ))}
      </span>
    </button>
  );
}

function Dot({ place }: { place: TurnAnswer }) {
  const { state } = useAnswer(place);
  return (
    <i
      className={styles.dot}
      style={{ "--m": hueOf(place.target) }}
      data-state={state.state}
      title={`${shortName(place.target)}: ${state.state}`}
    />
  );
}
