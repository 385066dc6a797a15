import { reason } from "@/ipc";
import { shortName } from "@/lib/target";
import { Button } from "@/components/Button";
import section from "../inspector/Inspector.module.css";
import { shown } from "../shown";
import type { TurnAnswer } from "../turns";
import { openJudge } from "./acts";
import { JudgementView } from "./JudgementView";
import { useJudgements } from "./judgement";

/** What judges said of an answer. */
export function Judgements({ place, onRatings }: { place: TurnAnswer; onRatings: () => void }) {
  const { data, error } = useJudgements(place.branch.conversationId);
  const id = place.answer?.message.id;
  const mine = (data ?? []).filter(({ a, b }) => a === id || b === id).toReversed();
  const places = shown().turn?.answers ?? [];
  const name = (message: string) =>
    shortName(
      places.find(({ answer }) => answer?.message.id === message)?.target ?? "another answer to this prompt",
    );
  return (
    <section className={section.section} aria-label="Judgements">
      <h3>
        Judgements
        {mine.length > 0 && <span className={section.quiet}>{mine.length}</span>}
      </h3>
      {error ? (
        <p className={section.quiet} role="alert">
          They cannot be read: {reason(error)}
        </p>
      ) : mine.length === 0 ? (
        <p className={section.quiet}>No model was asked which answer is better.</p>
      ) : (
        mine.map((judgement) => (
          <JudgementView
            key={judgement.id}
            judgement={judgement}
            a={name(judgement.a)}
            b={name(judgement.b)}
          />
        ))
      )}
      {(places.length > 1 || (!place.blind && (place.answer?.siblings ?? 0) > 1)) && (
        <div className={section.more}>
          <Button small onClick={() => void openJudge(place)}>
            Ask a judge
          </Button>
          <Button small kind="ghost" onClick={onRatings}>
            Ratings
          </Button>
        </div>
      )}
    </section>
  );
}
