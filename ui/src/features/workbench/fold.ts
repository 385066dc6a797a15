/** Folding what a run tells into what a column shows. Pure; `live.ts` keeps the result. */
import type {
  CompletionId,
  CompletionState,
  EventBatch,
  EventItem,
  MediaSource,
  Metrics,
  Part,
  PartKind,
  Target,
} from "@/ipc";
import { Growing } from "@/lib/markdown/growing";

/** A piece of an answer as it is shown. */
export type LivePart = {
  kind: PartKind | "toolResult";
  /** A tool's name, a media type, a file's name. */
  label: string;
  text: Growing;
  /** A picture or a file, once it is stored. */
  media?: { mediaType: string; source: MediaSource };
  /** A tool that failed. */
  failed?: boolean;
};

/** One answer, as far as it has been told. */
export type LiveAnswer = {
  parts: readonly LivePart[];
  state: CompletionState;
  metrics: Metrics;
  attempts: number;
  served: Target | null;
};

export type LiveAnswers = Readonly<Record<CompletionId, LiveAnswer>>;

const noMetrics: Metrics = {
  ttftMs: null,
  durationMs: null,
  usage: { input: null, output: null, cachedRead: null, cachedWrite: null, reasoning: null },
  usageBy: null,
  cost: null,
};

export const unasked: LiveAnswer = {
  parts: [],
  state: { state: "queued" },
  metrics: noMetrics,
  attempts: 0,
  served: null,
};

/** What is known of a run: the number of the last batch folded, and a snapshot that is still arriving. */
export type Progress = { seq: number; pending: LiveAnswers | null };

export const nothing: Progress = { seq: 0, pending: null };

/** `again`: something is missing; attach once more, after `since`. */
export type Folded =
  { kind: "folded"; progress: Progress; answers: LiveAnswers } | { kind: "again"; since: number };

/** Folds one batch. Answers that it does not mention stay the same objects. */
export function fold(progress: Progress, answers: LiveAnswers, batch: EventBatch): Folded {
  if (batch.kind !== "live") {
    // A snapshot is shown when it is whole, so that nothing on the screen shrinks while its pieces arrive.
    const pending = apply(progress.pending ?? {}, batch.items);
    if (!pending) return { kind: "again", since: 0 };
    if (batch.kind === "snapshot") return { kind: "folded", progress: { ...progress, pending }, answers };
    return {
      kind: "folded",
      progress: { seq: batch.seq, pending: null },
      answers: { ...answers, ...pending },
    };
  }
  if (batch.seq <= progress.seq) return { kind: "folded", progress, answers };
  if (batch.seq !== progress.seq + 1) return { kind: "again", since: progress.seq };
  const next = apply(answers, batch.items);
  if (!next) return { kind: "again", since: 0 };
  return { kind: "folded", progress: { seq: batch.seq, pending: null }, answers: next };
}

/** `null` when an item does not fit what is known. */
function apply(before: LiveAnswers, items: readonly EventItem[]): LiveAnswers | null {
  const answers: Record<CompletionId, LiveAnswer> = { ...before };
  for (const item of items) {
    const answer = answers[item.completion] ?? unasked;
    const next = applyItem(answer, item);
    if (!next) return null;
    answers[item.completion] = next;
  }
  return answers;
}

function applyItem(answer: LiveAnswer, item: EventItem): LiveAnswer | null {
  switch (item.op) {
    case "reset":
      return unasked;
    case "attempt":
      return { ...answer, state: { state: "streaming" }, attempts: item.number, served: item.target };
    case "open": {
      if (item.part !== answer.parts.length) return null;
      const part: LivePart = { kind: item.kind, label: item.text, text: Growing.of("") };
      return { ...answer, state: { state: "streaming" }, parts: [...answer.parts, part] };
    }
    case "append": {
      const part = answer.parts[item.part];
      // JavaScript counts a string in the same UTF-16 units as the engine.
      if (!part || part.text.length !== item.at) return null;
      return { ...answer, parts: answer.parts.with(item.part, { ...part, text: part.text.add(item.text) }) };
    }
    case "figures":
      return { ...answer, metrics: item.metrics };
    case "end": {
      const { metrics, attempts } = item;
      return { ...answer, state: stateOf(item), metrics, attempts };
    }
  }
}

function stateOf(end: CompletionState): CompletionState {
  if (end.state === "complete") return { state: "complete", stop: end.stop };
  if (end.state === "failed") return { state: "failed", error: end.error };
  return { state: end.state };
}

export function isTerminal(state: CompletionState): boolean {
  return state.state !== "queued" && state.state !== "streaming";
}

/** Stored parts in the form in which live ones are shown. */
export function shownParts(parts: readonly Part[]): LivePart[] {
  return parts.flatMap((part): LivePart[] => {
    switch (part.type) {
      case "text":
        return [{ kind: "text", label: "", text: Growing.of(part.text) }];
      case "reasoning":
        return [{ kind: "reasoning", label: "", text: Growing.of(part.text) }];
      case "toolCall":
        return [{ kind: "toolCall", label: part.name, text: Growing.of(part.arguments) }];
      case "toolResult":
        return [
          {
            kind: "toolResult",
            label: part.name ?? part.callId,
            text: Growing.of(part.text),
            failed: part.isError === true,
          },
        ];
      case "image":
      case "file": {
        const { mediaType, source } = part;
        const label = part.type === "file" ? (part.name ?? mediaType) : mediaType;
        return [{ kind: "media", label, text: Growing.of(""), media: { mediaType, source } }];
      }
      case "raw":
        return [];
    }
  });
}
