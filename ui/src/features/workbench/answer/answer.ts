import { useMemo } from "react";
import { figures, type Figures } from "@/lib/figures";
import { Growing } from "@/lib/markdown/growing";
import { citations, type Citation } from "@/lib/citations";
import type { CompletionId, CompletionState, MessageView, Target } from "@/ipc";
import { isTerminal, shownParts, unasked, type LivePart } from "../fold";
import { useLiveAnswer } from "../live";
import type { TurnAnswer } from "../turns";

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
  /** What it read on the web. */
  sources: readonly Citation[];
};

export function useAnswer({ answer }: Pick<TurnAnswer, "answer">): Answer {
  const completion = answer?.completion ?? null;
  const stored = completion !== null && isTerminal(completion.state);
  const live = useLiveAnswer(stored ? undefined : completion?.id);
  const kept = useMemo(() => storedAnswer(answer), [answer]);
  return useMemo(
    () =>
      !stored && live && completion
        ? { ...kept, ...live, metrics: figures(live.metrics), completion: completion.id }
        : kept,
    [kept, completion, stored, live],
  );
}

/** A message as a column shows it. */
export function storedAnswer(answer: MessageView | null): Answer {
  const completion = answer?.completion ?? null;
  const parts = answer?.message.parts ?? [];
  if (!answer || !completion) {
    // Words without a completion were imported: they are whole as they are.
    const state: CompletionState = answer ? { state: "complete", stop: "stop" } : { state: "queued" };
    return {
      ...unasked,
      metrics: figures(unasked.metrics),
      completion: null,
      parts: shownParts(parts),
      state,
      askedAt: 0,
      calls: [],
      sources: citations(parts),
    };
  }
  const askedAt = Date.parse(completion.createdAt);
  return {
    completion: completion.id,
    parts: shownParts(parts),
    state: completion.state,
    metrics: figures(completion.metrics),
    attempts: answer.attempts.length,
    served: completion.served,
    askedAt,
    calls: answer.attempts.map((attempt) => ({
      after: Math.max(0, Date.parse(attempt.startedAt) - askedAt),
      provider: attempt.provider,
      outcome: String(attempt.httpStatus ?? attempt.errorKind ?? attempt.outcome),
    })),
    sources: citations(parts),
  };
}

export function isLive(answer: Answer): boolean {
  return answer.completion !== null && !isTerminal(answer.state);
}

/** Whether there are words to read, copy or go on from; what it costs does not grow with them. */
export function hasText(parts: readonly LivePart[]): boolean {
  return parts.some((part) => part.kind === "text" && part.text.length > 0);
}

/** The visible text, as Markdown. */
export function answerText(parts: readonly LivePart[]): string {
  return parts
    .filter((part) => part.kind === "text")
    .map((part) => String(part.text))
    .join("\n\n");
}

const nothing = Growing.of("");

/** The text part that grows at the moment. */
export function lastText(parts: readonly LivePart[]): Growing {
  return parts.findLast((part) => part.kind === "text")?.text ?? nothing;
}
