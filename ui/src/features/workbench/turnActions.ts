/** What is done with all answers of the turn that is open. */
import { copy } from "@/components/copy";
import { notify } from "@/components/toasts";
import { ipc, reason, type CompletionId, type Target } from "@/ipc";
import { cost, count, duration, firstToken } from "@/lib/figures";
import { stop } from "./api";
import { answerNow, answerText, type Answer } from "./answer/answer";
import { useFocused } from "./answer/focused";
import { holdQueue } from "./composer/queue";
import { setAlone, toggleTogether, useColumns } from "./columns";
import { openPicker } from "./focus";
import { isTerminal } from "./fold";
import { watchRun } from "./live";
import { once, unasked } from "./once";
import { shown } from "./shown";

const completions = (want: (answer: Answer) => boolean): CompletionId[] =>
  (shown().turn?.answers ?? []).flatMap((place) => {
    const answer = answerNow(place);
    return answer.completion !== null && want(answer) ? [answer.completion] : [];
  });

async function asking(things: readonly string[], ask: () => Promise<{ run: string }>): Promise<void> {
  try {
    const started = await once(things, ask);
    if (started) watchRun(started.run);
  } catch (error) {
    notify({ text: reason(error), tone: "danger" });
  }
}

function askAgain(answers: readonly CompletionId[], none: string, target?: Target): void {
  const left = unasked(answers);
  if (answers.length === 0) notify({ text: none });
  else if (left.length > 0)
    void asking(left, () =>
      ipc().askAgain({
        answers: left.map((completion) => ({ completion, ...(target !== undefined && { target }) })),
      }),
    );
}

/** Asks every model of the turn once more. */
export function regenerateAll(): void {
  askAgain(
    completions(({ state }) => isTerminal(state)),
    "No answer here has ended",
  );
}

export function retryFailed(): void {
  askAgain(
    completions(({ state }) => state.state === "failed" || state.state === "interrupted"),
    "No answer here has failed",
  );
}

/** Stops the answers of the turn that is open. */
export function stopTurn(): void {
  const [first] = shown().turn?.answers ?? [];
  if (first) holdQueue(first.branch.conversationId);
  for (const id of completions(({ state }) => !isTerminal(state))) stop(id);
}

/** Lets another model, to be picked, answer in this one's column. */
export function pickOther(completion: CompletionId): void {
  openPicker({
    title: "Ask another model",
    onPick: (target) => askAgain([completion], "", target),
  });
}

/** Lets a further model, to be picked, answer what this turn asked. */
export function addTarget(): void {
  const prompt = shown().turn?.promptMessage?.message.id;
  if (!prompt) {
    notify({ text: "There is no prompt here yet" });
    return;
  }
  openPicker({
    title: "Add a model to this turn",
    onPick: (target) =>
      void asking([`${prompt} ${target}`], () => ipc().addTargets({ prompt, columns: [{ target }] })),
  });
}

export function maximiseColumn(): void {
  const { place } = useFocused.getState();
  if (place && (shown().turn?.answers.length ?? 0) > 1)
    setAlone(useColumns.getState().alone === null ? place.branch.id : null);
}

export function moveColumn(by: number): void {
  const { place } = useFocused.getState();
  const at = shown().turn?.answers.findIndex(({ branch }) => branch.id === place?.branch.id) ?? -1;
  if (place && at >= 0) shown().move(place, at + by);
}

export function toggleScrollTogether(): void {
  toggleTogether();
  notify({
    text: useColumns.getState().together ? "Columns scroll together" : "Columns scroll on their own",
  });
}

/** All answers as one table of Markdown. */
export function copyAllAnswers(): void {
  const rows = (shown().turn?.answers ?? []).map((place) => ({
    target: place.target,
    answer: answerNow(place),
  }));
  if (!rows.some(({ answer }) => answer.words)) notify({ text: "There is no answer to copy yet" });
  else void copy(asTable(rows), "Copied all answers as a table");
}

const cell = (text: string) =>
  text.replaceAll("|", "\\|").replace(/\r?\n/g, "<br>").replaceAll("\u00a0", " ");

export function asTable(rows: readonly { target: Target; answer: Answer }[]): string {
  const lines = rows.map(({ target, answer }) => {
    const { ttftMs, durationMs, usage, cost: paid } = answer.metrics;
    return [
      target,
      answerText(answer.parts) || answer.state.state,
      ttftMs === null ? "" : firstToken(ttftMs),
      durationMs === null ? "" : duration(durationMs),
      usage.output === null ? "" : count(usage.output + (usage.reasoning ?? 0)),
      cost(paid),
    ];
  });
  const head = ["Model", "Answer", "First token", "Time", "Tokens out", "Cost"];
  return [head, head.map((_, i) => (i < 2 ? "---" : "---:")), ...lines.map((line) => line.map(cell))]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}
