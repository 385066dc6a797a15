import { Heart, Scale } from "lucide-react";
import { Button, Keys } from "@/components/Button";
import { Select } from "@/components/Select";
import type { Verdict, Vote } from "@/ipc";
import { shortName } from "@/lib/target";
import type { Turn, TurnAnswer } from "../turns";
import { candidates, openJudge, pairOf, takeBack, votePair } from "./acts";
import { answersOf, votesOn } from "./judged";
import { setPair, useJudging } from "./store";
import styles from "./judging.module.css";

const idOf = ({ answer }: TurnAnswer) => answer?.message.id ?? "";
const nameOf = ({ target, letter, blind }: TurnAnswer) =>
  blind ? target : letter ? `${letter}, ${shortName(target)}` : shortName(target);

/** Which of two answers is better: four buttons, and what was voted. */
export function VoteBar({ turn, votes }: { turn: Turn; votes: readonly Vote[] }) {
  const chosen = useJudging((s) => s.pair);
  const places = candidates(turn);
  const pair = pairOf(turn, chosen);
  const cast = votesOn(turn, votes);
  if (!pair)
    return (
      <div className={styles.bar} role="group" aria-label="Vote">
        <span className={styles.quiet}>Two answers that have ended can be voted on.</span>
      </div>
    );
  const [a, b] = pair;
  const ids = pair.map(idOf);
  const vote = cast.find(
    ({ ballot }) => ballot.kind === "pair" && answersOf(ballot).every((id) => ids.includes(id)),
  );
  const best = cast.find(({ ballot }) => ballot.kind === "best");
  const said =
    vote?.ballot.kind === "pair" ? verdictFor(vote.ballot.verdict, vote.ballot.a === idOf(a)) : null;
  const options = places.map((place) => ({ value: idOf(place), label: nameOf(place) }));
  const choose = (at: 0 | 1, id: string) => {
    const other = ids[1 - at] ?? "";
    // Who is chosen twice changes places.
    const rest = other === id ? (ids[at] ?? "") : other;
    setPair(at === 0 ? [id, rest] : [rest, id]);
  };
  const button = (verdict: Verdict, label: string, command: string, keys: string) => (
    <Button small aria-pressed={said === verdict} onClick={() => votePair(turn, pair, verdict)}>
      {said === verdict && (verdict === "a" || verdict === "b") && <Heart size={12} />}
      <span className={styles.cut}>{label}</span>
      <span className={styles.keys}>
        <Keys command={command} keys={keys} />
      </span>
    </Button>
  );
  const back = vote ?? best;
  return (
    <div className={styles.bar} role="group" aria-label="Vote">
      {places.length > 2 && (
        <span className={styles.pair}>
          <Select
            small
            label="First answer"
            value={idOf(a)}
            options={options}
            onChange={(id) => choose(0, id)}
          />
          <Select
            small
            label="Second answer"
            value={idOf(b)}
            options={options}
            onChange={(id) => choose(1, id)}
          />
        </span>
      )}
      <span className={styles.votes}>
        {button("a", `${nameOf(a)} is better`, "vote.left", "Alt+1")}
        {button("tie", "Tie", "vote.tie", "Alt+2")}
        {button("bothBad", "Both bad", "vote.bad", "Alt+3")}
        {button("b", `${nameOf(b)} is better`, "vote.right", "Alt+4")}
      </span>
      <span className={styles.said} role="status">
        {back ? (back.blind ? "voted blind" : "voted") : places.length > 2 ? "or ♥ the best of all" : ""}
      </span>
      {back && (
        <Button small kind="ghost" onClick={() => takeBack(back.id)}>
          Take back
        </Button>
      )}
      <Button small kind="ghost" title="Which is better, and why" onClick={() => void openJudge(a)}>
        <Scale size={12} />
        Ask a judge
      </Button>
    </div>
  );
}

/** As it was given, seen from the other side where the answers have changed places. */
export function verdictFor(verdict: Verdict, same: boolean): Verdict {
  if (same || verdict === "tie" || verdict === "bothBad") return verdict;
  return verdict === "a" ? "b" : "a";
}
