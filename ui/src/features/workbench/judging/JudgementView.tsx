import { Square } from "lucide-react";
import { Badge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Note } from "@/components/Note";
import { tried } from "@/components/tried";
import { ipc, type Judgement } from "@/ipc";
import { agreementWords, sawFirst, verdictWords } from "./judgement";
import styles from "./judging.module.css";

type Props = { judgement: Judgement; a: string; b: string };

/** What a judge thinks of two answers, in either order; it can be stopped while it does. */
export function JudgementView({ judgement, a, b }: Props) {
  const { state, verdict, agreed, failure, judge, opinions, run } = judgement;
  return (
    <article className={styles.judgement} aria-label={`Judgement of ${judge}`}>
      {state === "asking" ? (
        <p className={styles.verdict} role="status">
          The judge reads both, in either order
          <Button small onClick={() => void tried(() => ipc().stopRun(run))}>
            <Square size={12} />
            Stop
          </Button>
        </p>
      ) : state === "failed" ? (
        <Note tone="danger" role="alert">
          No verdict: {failure?.message ?? "the judge gave none that can be used"}
        </Note>
      ) : (
        <p className={styles.verdict} role="status">
          <bdi>{verdictWords(verdict, a, b)}</bdi>
          <Badge tone={agreed ? "ok" : "warn"}>{agreementWords(judgement)}</Badge>
        </p>
      )}
      {opinions
        .filter((opinion) => opinion.verdict !== null || opinion.reason)
        .map((opinion) => (
          <div key={opinion.completion} className={styles.opinion}>
            <b>
              {sawFirst(opinion, a, b)}: {verdictWords(opinion.verdict, a, b)}
            </b>
            <p dir="auto">{opinion.reason}</p>
          </div>
        ))}
      <p className={styles.by}>
        judged by <bdi>{judge}</bdi>
      </p>
    </article>
  );
}
