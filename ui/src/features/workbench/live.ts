/**
 * The answers that are being written. The engine owns the streams; this window watches them, and asks again for
 * whatever it missed. One batch is one update, and a column hears only of its own completion.
 */
import { create } from "zustand";
import { ipc, reason, type CompletionId, type RunId } from "@/ipc";
import { fold, isTerminal, nothing, type LiveAnswer, type LiveAnswers, type Progress } from "./fold";

type Live = {
  answers: LiveAnswers;
  /** Runs that could not be watched, and why. */
  problems: Readonly<Record<RunId, string>>;
};

export const useLive = create<Live>(() => ({ answers: {}, problems: {} }));

export function useLiveAnswer(completion: CompletionId | undefined): LiveAnswer | undefined {
  return useLive((live) => (completion ? live.answers[completion] : undefined));
}

/** How many of the known answers are still being written. */
export function useLiveCount(): number {
  return useLive((live) => Object.values(live.answers).filter((answer) => !isTerminal(answer.state)).length);
}

type Watch = { progress: Progress; generation: number };

const watches = new Map<RunId, Watch>();
const AGAIN_MS = 1_000;

/** Watches a run until it ends. To call it twice is to call it once. */
export function watchRun(run: RunId): void {
  if (watches.has(run)) return;
  watches.set(run, { progress: nothing, generation: 0 });
  attach(run, 0);
}

/** For tests: nothing is watched and nothing is known. */
export function forgetRuns(): void {
  watches.clear();
  useLive.setState({ answers: {}, problems: {} });
}

function attach(run: RunId, since: number): void {
  const watch = watches.get(run);
  if (!watch) return;
  watch.generation += 1;
  watch.progress = { seq: since, pending: null };
  const generation = watch.generation;
  ipc()
    .attachRun(run, since, (batch) => {
      // A listener that was replaced may still be told something: it no longer counts.
      if (watch.generation !== generation) return;
      const folded = fold(watch.progress, useLive.getState().answers, batch);
      if (folded.kind === "again") {
        attach(run, folded.since);
        return;
      }
      watch.progress = folded.progress;
      if (folded.answers !== useLive.getState().answers) useLive.setState({ answers: folded.answers });
    })
    .then(
      () => told(run, null),
      (error: unknown) => {
        told(run, reason(error));
        setTimeout(() => {
          if (watch.generation === generation) attach(run, watch.progress.seq);
        }, AGAIN_MS);
      },
    );
}

function told(run: RunId, problem: string | null): void {
  useLive.setState(({ problems }) => {
    if (problem === null && !(run in problems)) return {};
    const others = Object.entries(problems).filter(([id]) => id !== run);
    return { problems: Object.fromEntries(problem === null ? others : [...others, [run, problem]]) };
  });
}

/** What the store has now is whole: the live copy of these answers may go. */
export function settle(completions: readonly CompletionId[]): void {
  const { answers } = useLive.getState();
  const done = new Set(completions.filter((id) => id in answers));
  if (done.size === 0) return;
  useLive.setState({ answers: Object.fromEntries(Object.entries(answers).filter(([id]) => !done.has(id))) });
}
