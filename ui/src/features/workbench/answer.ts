import { useMemo } from "react";
import { figures, type Figures } from "@/lib/figures";
import type { CompletionId, CompletionState, Target } from "@/ipc";
import { isTerminal, shownParts, unasked, type LivePart } from "./fold";
import { useLiveAnswer } from "./live";
import type { TurnAnswer } from "./turns";

/** What a column shows: the stored answer once it is whole, the live one before. */
export type Answer = {
  completion: CompletionId | null;
  parts: readonly LivePart[];
  state: CompletionState;
  metrics: Figures;
  attempts: number;
  served: Target | null;
  /** When it was asked, ms since 1970. */
  askedAt: number;
  /** Upstream calls that failed, for the list in a failed column. */
  calls: readonly { after: number; provider: string; outcome: string }[];
};

export function useAnswer({ answer }: TurnAnswer): Answer {
  const completion = answer?.completion ?? null;
  const stored = completion !== null && isTerminal(completion.state);
  const live = useLiveAnswer(stored ? undefined : completion?.id);
  return useMemo(() => {
    if (!answer || !completion) {
      // Words without a completion were imported: they are whole as they are.
      const state: CompletionState = answer ? { state: "complete", stop: "stop" } : { state: "queued" };
      return {
        ...unasked,
        metrics: figures(unasked.metrics),
        completion: null,
        parts: shownParts(answer?.message.parts ?? []),
        state,
        askedAt: 0,
        calls: [],
      };
    }
    const askedAt = Date.parse(completion.createdAt);
    const calls = answer.attempts.map((attempt) => ({
      after: Math.max(0, Date.parse(attempt.startedAt) - askedAt),
      provider: attempt.provider,
      outcome: String(attempt.httpStatus ?? attempt.errorKind ?? attempt.outcome),
    }));
    if (!stored && live)
      return { ...live, metrics: figures(live.metrics), completion: completion.id, askedAt, calls };
    return {
      completion: completion.id,
      parts: shownParts(answer.message.parts),
      state: completion.state,
      metrics: figures(completion.metrics),
      attempts: answer.attempts.length,
      served: completion.served,
      askedAt,
      calls,
    };
  }, [answer, completion, stored, live]);
}

/** The visible text. */
export function answerText(parts: readonly LivePart[]): string {
  return parts
    .filter((part) => part.kind === "text")
    .map((part) => part.text)
    .join("\n\n");
}
