/**
 * The answers that are being written. The engine owns the streams; this window watches them, and asks again for
 * whatever it missed. What it is told is folded at once; what is shown of it keeps pace with the screen (`pace.ts`).
 * A column hears only of its own completion.
 */
import { create } from "zustand";
import { ipc, reason, type CompletionId, type EventBatch, type RunId } from "@/ipc";
import { isOutOfSight } from "./answer/sight";
import { fold, isTerminal, nothing, type LiveAnswer, type LiveAnswers, type Progress } from "./fold";
import { Pace } from "./pace";

type Live = {
  answers: LiveAnswers;
  /** Runs that could not be watched, and why. */
  problems: Readonly<Record<RunId, string>>;
};

export const useLive = create<Live>(() => ({ answers: {}, problems: {} }));

/** How many of the known answers are still being written. */
export function useLiveCount(): number {
  return useLive((live) => Object.values(live.answers).filter((answer) => !isTerminal(answer.state)).length);
}

type Watch = { progress: Progress; generation: number; answers: Set<CompletionId> };

const watches = new Map<RunId, Watch>();
/** All that was told; `useLive` has what of it is shown. */
let told: LiveAnswers = {};
/** Answers of which more was told than is shown. */
const due = new Set<CompletionId>();
const pace = new Pace();
const AGAIN_MS = 1_000;
/** A window that is not seen draws no frames; it hears of its answers all the same. */
const UNSEEN_MS = 100;
const COVERED_MS = 400;
/** Whatever waits no longer than this may as well ask for the next frame. */
const FRAME_MS = 17;
/** How often an answer is drawn whose column is scrolled out of the window. */
const UNSEEN_EVERY_MS = 1_000;
/** Ended answers whose conversation nobody opens are kept until there are more than this. */
const MOST_ENDED = 32;

/** Watches a run until it ends. To call it twice is to call it once. */
export function watchRun(run: RunId): void {
  if (watches.has(run)) return;
  watches.set(run, { progress: nothing, generation: 0, answers: new Set() });
  attach(run, 0);
}

/** For tests: nothing is watched and nothing is known. */
export function forgetRuns(): void {
  watches.clear();
  waiting = [];
  told = {};
  due.clear();
  unseen.clear();
  drawnAt = null;
  unschedule();
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
      if (watch.generation === generation) receive({ watch, generation, run, batch });
    })
    .then(
      () => trouble(run, null),
      (error: unknown) => {
        trouble(run, reason(error));
        setTimeout(() => {
          if (watch.generation === generation) attach(run, watch.progress.seq);
        }, AGAIN_MS);
      },
    );
}

type Received = { watch: Watch; generation: number; run: RunId; batch: EventBatch };

let waiting: Received[] = [];
let frame: number | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** All batches of one frame are one update, whatever the number of runs. */
function receive(received: Received): void {
  waiting.push(received);
  const grows = received.batch.items.every((item) => item.op === "append");
  // What begins or ends is shown with the next frame.
  if (!grows && frame === undefined) unschedule();
  schedule(grows);
}

/**
 * Asks for a frame: the next one, or the first in which something may be drawn. A frame costs something even if nothing
 * is drawn in it.
 */
function schedule(mayWait = true): void {
  if (frame !== undefined || timer !== undefined) return;
  if (document.hidden) {
    timer = setTimeout(() => update(null), UNSEEN_MS);
    return;
  }
  const wait = mayWait ? pace.wait(performance.now()) : 0;
  if (wait > FRAME_MS) timer = setTimeout(askForFrame, wait);
  else askForFrame();
}

function askForFrame(): void {
  frame = requestAnimationFrame(update);
  // The window may be covered before the frame comes; a frame that is only late comes sooner.
  timer = setTimeout(() => update(null), COVERED_MS);
}

function unschedule(): void {
  if (frame !== undefined) cancelAnimationFrame(frame);
  clearTimeout(timer);
  frame = timer = undefined;
}

/** `at`: when the frame begins, in ms; `null` when nobody sees one. */
function update(at: number | null): void {
  unschedule();
  if (at !== null && drawnAt !== null) pace.next(at - drawnAt, drawnAt);
  drawnAt = null;
  const runs = foldAll();
  show(at);
  for (const run of runs) forgetEnded(run);
  if (due.size > 0) schedule();
}

/** Folds what arrived; says of which runs. */
function foldAll(): Set<RunId> {
  const received = waiting;
  waiting = [];
  const again: [RunId, number][] = [];
  for (const { watch, generation, run, batch } of received) {
    if (watch.generation !== generation || again.some(([other]) => other === run)) continue;
    const folded = fold(watch.progress, told, batch);
    if (folded.kind === "again") {
      again.push([run, folded.since]);
      continue;
    }
    watch.progress = folded.progress;
    for (const { completion } of batch.items) watch.answers.add(completion);
    const before = told;
    told = folded.answers;
    for (const id of watch.answers) if (told[id] !== before[id]) due.add(id);
  }
  for (const [run, since] of again) attach(run, since);
  return new Set(received.map((one) => one.run));
}

/** Shows what the screen can take; answers that begin, end or fail do not wait. */
function show(at: number | null): void {
  const shown = useLive.getState().answers;
  const room = at === null ? Infinity : pace.room(at);
  let drawn = 0;
  const next: Record<CompletionId, LiveAnswer> = {};
  for (const id of due) {
    const answer = told[id];
    const turns =
      answer?.state.state !== shown[id]?.state.state || answer?.parts.length !== shown[id]?.parts.length;
    // Who was drawn goes behind those that wait.
    if (!turns && (drawn >= room || waitsUnseen(id, at))) continue;
    drawn += turns ? 0 : 1;
    due.delete(id);
    if (answer) next[id] = answer;
  }
  if (Object.keys(next).length === 0) return;
  useLive.setState({ answers: { ...shown, ...next } });
  if (at !== null && drawn > 0) {
    measure(at, drawn);
    drawnAt = at;
    // The next frame tells when this one came to the screen.
    schedule(false);
  }
}

/** When the last frame began, if it drew something. */
let drawnAt: number | null = null;

/** When an answer that nobody sees may be drawn again, in ms. */
const unseen = new Map<CompletionId, number>();

function waitsUnseen(id: CompletionId, at: number | null): boolean {
  if (at === null || !isOutOfSight(id)) {
    unseen.delete(id);
    return false;
  }
  if (at < (unseen.get(id) ?? 0)) return true;
  unseen.set(id, at + UNSEEN_EVERY_MS);
  return false;
}

/** The task after a frame comes after its layout and painting: what it took is known then. */
const { port1: painted, port2: frameDone } = new MessageChannel();
painted.onmessage = ({ data }: MessageEvent<{ at: number; begun: number; drawn: number }>) => {
  // Painting may be a task of its own, which is in the queue by now.
  setTimeout(() => pace.took(performance.now() - data.begun, data.at, data.drawn));
};

function measure(at: number, drawn: number): void {
  frameDone.postMessage({ at, begun: performance.now(), drawn });
}

// Capturing: whoever takes the key, its character is drawn first.
function typed({ timeStamp }: KeyboardEvent): void {
  pace.typed(timeStamp);
  // Answers may have to wait longer now, or no longer: their turn is right after the key's frames.
  if (frame !== undefined || timer === undefined || document.hidden) return;
  unschedule();
  schedule();
}
window.addEventListener("keydown", typed, true);

/** A run whose answers have all ended is not watched any more, and does not pile up in memory. */
function forgetEnded(run: RunId): void {
  const watch = watches.get(run);
  if (!watch || watch.progress.pending || watch.answers.size === 0) return;
  for (const id of watch.answers) if (told[id] && !isTerminal(told[id].state)) return;
  watches.delete(run);
  const ended = Object.entries(told).filter(([, answer]) => isTerminal(answer.state));
  if (ended.length > MOST_ENDED) settle(ended.slice(0, -MOST_ENDED).map(([id]) => id));
}

function trouble(run: RunId, problem: string | null): void {
  useLive.setState((state) => {
    const { problems } = state;
    if (problem === null && !(run in problems)) return state;
    const others = Object.entries(problems).filter(([id]) => id !== run);
    return { problems: Object.fromEntries(problem === null ? others : [...others, [run, problem]]) };
  });
}

/** What the store has now is whole: the live copy of these answers may go. */
export function settle(completions: readonly CompletionId[]): void {
  const done = new Set(completions.filter((id) => id in told));
  if (done.size === 0) return;
  for (const id of done) {
    due.delete(id);
    unseen.delete(id);
  }
  const rest = (answers: LiveAnswers): LiveAnswers =>
    Object.fromEntries(Object.entries(answers).filter(([id]) => !done.has(id)));
  told = rest(told);
  useLive.setState(({ answers }) => ({ answers: rest(answers) }));
}
