import {
  Check,
  ChevronDown,
  ChevronsLeftRight,
  CircleX,
  Equal,
  FlaskConical,
  Heart,
  Minimize2,
  Square,
  ThumbsDown,
  Unplug,
} from "lucide-react";
import { IconButton } from "@/components/Button";
import { ContextMenu, Menu } from "@/components/Menu";
import { duration, seconds } from "@/lib/figures";
import { pieces, shortName } from "@/lib/target";
import { useNow } from "@/lib/time";
import { setAlone, toggleFolded } from "../columns";
import type { TurnAnswer } from "../turns";
import type { Mark as Voted } from "../judging/judged";
import { isLive, type Standing } from "./answer";
import type { ColumnActions } from "./AnswerColumn";
import styles from "./answer.module.css";
import { useColumnMenu } from "./menu";

type Props = {
  answer: Standing;
  place: TurnAnswer;
  number: number;
  count: number;
  folded: boolean;
  alone: boolean;
  actions: ColumnActions;
};

/** Whose answer it is and where it stands; what can be done with the column. */
export function AnswerHead(props: Props) {
  const { answer, place, number, folded, alone } = props;
  const { target } = place;
  const { provider, model, tail } = pieces(target);
  const entries = useColumnMenu(props);
  if (folded)
    return (
      <button
        type="button"
        className={styles.folded}
        data-folded
        aria-label={`Unfold column ${number}, ${target}`}
        title={`${target}\nClick to unfold`}
        onClick={() => toggleFolded(place.branch.id)}
      >
        <ChevronsLeftRight size={14} />
        <span className={styles.foldedNumber}>{number}</span>
        <bdi className={styles.foldedName}>{shortName(target)}</bdi>
        <Mark answer={answer} />
      </button>
    );
  const title =
    answer.served && answer.served !== target ? `${target}, answered by ${answer.served}` : target;
  return (
    <ContextMenu entries={entries}>
      <header className={styles.head} data-head>
        <h3 className={styles.name} title={title}>
          <span className={styles.number} aria-hidden="true">
            {number}
          </span>
          {place.letter && !place.blind && (
            <span className={styles.letter} title={`It was answer ${place.letter}`}>
              {place.letter}
            </span>
          )}
          {provider === "simulated/" && (
            <span className={styles.made} title="simulated">
              <FlaskConical size={12} role="img" aria-label="simulated" />
            </span>
          )}
          <bdi className={styles.provider}>{provider}</bdi>
          <bdi className={styles.model}>{model}</bdi>
          <bdi className={styles.tail}>{tail}</bdi>
        </h3>
        <Menu
          entries={entries}
          trigger={
            <IconButton label={`Menu of ${target}`} title="Column menu" className={styles.menu}>
              <ChevronDown size={14} />
            </IconButton>
          }
        />
        <span className={styles.push} />
        {place.mark && <Vote mark={place.mark} />}
        <State answer={answer} />
        {alone && (
          <IconButton label="Show all columns" onClick={() => setAlone(null)}>
            <Minimize2 size={14} />
          </IconButton>
        )}
      </header>
    </ContextMenu>
  );
}

const votes = {
  best: { icon: Heart, word: "best" },
  better: { icon: Heart, word: "better" },
  tie: { icon: Equal, word: "tie" },
  bad: { icon: ThumbsDown, word: "bad" },
};

/** What the user voted. */
function Vote({ mark: { kind, title } }: { mark: Voted }) {
  const { icon: Icon, word } = votes[kind];
  return (
    <span className={styles.vote} data-kind={kind} title={title} aria-label={title} role="img">
      <Icon size={12} />
      {word}
    </span>
  );
}

function State({ answer }: { answer: Standing }) {
  const { state, metrics, askedAt } = answer;
  const live = isLive(answer);
  const now = useNow(live);
  const elapsed = Math.max(0, now - askedAt);
  switch (state.state) {
    case "queued":
    case "streaming":
      if (!live) return <span className={styles.state}>not asked</span>;
      return (
        <span className={styles.state} data-live>
          <i className={styles.pulse} />
          {elapsed >= 1_000 ? seconds(elapsed) : "live"}
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

/** Where it stands, in one sign. */
function Mark({ answer }: { answer: Standing }) {
  if (isLive(answer)) return <i className={styles.pulse} role="img" aria-label="live" />;
  const { state } = answer.state;
  if (state === "complete") return <Check size={12} role="img" aria-label="complete" />;
  if (state === "failed") return <CircleX size={12} role="img" aria-label="failed" className={styles.bad} />;
  return <Square size={12} role="img" aria-label={state} />;
}
