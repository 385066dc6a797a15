import { useEffect, useMemo, useState } from "react";
import { answerNow, type Answer } from "../answer/answer";
import { useLive } from "../live";
import type { Turn, TurnAnswer } from "../turns";
import type { Hit } from "./places";

/** Answers that grow are searched again so often, ms. */
const AGAIN_MS = 250;

type Search = (
  turns: readonly Turn[],
  answerOf: (place: TurnAnswer) => Answer,
  wanted: RegExp,
) => readonly Hit[];

const none: readonly Hit[] = [];

/** The hits in turns of which some may still be growing; `null` until the reader of Markdown is there. */
export function useHits(turns: readonly Turn[], wanted: RegExp | null): readonly Hit[] | null {
  const [search, setSearch] = useState<Search | null>(null);
  const [answers, setAnswers] = useState(() => useLive.getState().answers);
  useEffect(() => {
    let gone = false;
    void import("./hits").then(({ hitsIn, Reader }) => {
      const reader = new Reader();
      if (!gone)
        setSearch(
          () => (all: readonly Turn[], answerOf: (place: TurnAnswer) => Answer, what: RegExp) =>
            hitsIn(all, answerOf, what, reader),
        );
    });
    return () => void (gone = true);
  }, []);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = useLive.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setAnswers(useLive.getState().answers);
      }, AGAIN_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);
  return useMemo(
    () => (wanted ? search && search(turns, (place) => answerNow(place, answers), wanted) : none),
    [turns, wanted, answers, search],
  );
}
