import { useMemo } from "react";
import { useShallow } from "zustand/react/shallow";
import { figures, type Figures } from "@/lib/figures";
import { Growing } from "@/lib/markdown/growing";
import { citations, type Citation } from "@/lib/citations";
import type { CompletionId, CompletionState, MessageView, Target } from "@/ipc";
import { isTerminal, shownParts, unasked, type LivePart } from "../fold";
import { useLive } from "../live";
import type { TurnAnswer } from "../turns";

/** Where an answer stands: all of it but its words, which change with every token. */
export type Standing = {
  completion: CompletionId | null;
  /** Whether there are words to read, copy or go on from. */
  words: boolean;
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

/** What a column shows: the stored answer once it is whole, the live one before. */
export type Answer = Standing & { parts: readonly LivePart[] };

type Of = Pick<TurnAnswer, "answer" | "blind">;

/** The completion whose live copy counts; none once the stored answer is whole. */
function liveId(answer: MessageView | null): CompletionId | undefined {
  const completion = answer?.completion;
  return completion && !isTerminal(completion.state) ? completion.id : undefined;
}

/** Renders when the answer begins, ends or has new figures; not when it grows. */
export function useStanding({ answer, blind }: Of): Standing {
  const id = liveId(answer);
  const kept = useMemo(() => storedAnswer(answer), [answer]);
  const live = useLive(
    useShallow(({ answers }) => {
      const now = id === undefined ? undefined : answers[id];
      if (!now) return undefined;
      const { state, metrics, attempts, served, parts } = now;
      return { state, metrics, attempts, served, words: hasText(parts) };
    }),
  );
  return useMemo(() => {
    const now = live ? { ...kept, ...live, metrics: figures(live.metrics) } : kept;
    return blind ? unnamed(now) : now;
  }, [kept, live, blind]);
}

/** The words so far: renders whenever there are more. */
export function useParts({ answer }: Of): readonly LivePart[] {
  const id = liveId(answer);
  const kept = useMemo(() => shownParts(answer?.message.parts ?? []), [answer]);
  return useLive(({ answers }) => (id === undefined ? undefined : answers[id]?.parts)) ?? kept;
}

/** All of it at this moment, for what is done with it once. */
export function answerNow({ answer, blind }: Of, answers = useLive.getState().answers): Answer {
  const id = liveId(answer);
  const kept = storedAnswer(answer);
  const live = id === undefined ? undefined : answers[id];
  const now = live ? { ...kept, ...live, metrics: figures(live.metrics), words: hasText(live.parts) } : kept;
  return blind ? unnamed(now) : now;
}

/** Without what tells models apart: who served it, what failed there, how fast and how dear it was. */
function unnamed<T extends Standing>(answer: T): T {
  const { state } = answer;
  return {
    ...answer,
    metrics: figures(unasked.metrics),
    attempts: 0,
    served: null,
    calls: [],
    ...(state.state === "failed" && {
      state: { state: "failed", error: { kind: "upstream", message: "", retryAfterMs: null } },
    }),
  };
}

/** Characters of a live answer at this moment. */
export function charactersNow({ answer }: Of): number {
  const id = liveId(answer);
  const parts = id === undefined ? undefined : useLive.getState().answers[id]?.parts;
  return parts?.reduce((sum, part) => sum + part.text.length, 0) ?? 0;
}

/** A message as a column shows it. */
export function storedAnswer(answer: MessageView | null): Answer {
  const completion = answer?.completion ?? null;
  const parts = shownParts(answer?.message.parts ?? []);
  const words = hasText(parts);
  if (!answer || !completion) {
    // Words without a completion were imported: they are whole as they are.
    const state: CompletionState = answer ? { state: "complete", stop: "stop" } : { state: "queued" };
    return {
      ...unasked,
      metrics: figures(unasked.metrics),
      completion: null,
      parts,
      words,
      state,
      askedAt: 0,
      calls: [],
      sources: citations(answer?.message.parts ?? []),
    };
  }
  const askedAt = Date.parse(completion.createdAt);
  return {
    completion: completion.id,
    parts,
    words,
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
    sources: citations(answer.message.parts),
  };
}

export function isLive(answer: Standing): boolean {
  return answer.completion !== null && !isTerminal(answer.state);
}

/** What it costs does not grow with the words. */
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
