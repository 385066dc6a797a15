/** Where the keyboard can be sent. Elements are found by what they are, since they come and go. */
import { create } from "zustand";
import type { BranchId, Target } from "@/ipc";
import { flushSync } from "react-dom";
import { setFocused } from "./answer/focused";
import { stop } from "./api";
import { holdQueue } from "./composer/queue";
import { setAlone, useColumns } from "./columns";
import { isTerminal } from "./fold";
import { useLive } from "./live";
import { shown } from "./shown";

export function focusPrompt(): void {
  // After what is being rendered now.
  setTimeout(() => document.querySelector<HTMLElement>("[role=textbox][aria-label=Prompt]")?.focus());
}

/** Columns count from 1. */
export function focusColumn(number: number): void {
  const place = shown().turn?.answers[number - 1];
  // Where one column is shown alone, another one takes its place.
  if (place && useColumns.getState().alone !== null) flushSync(() => setAlone(place.branch.id));
  const column = document.querySelector(`[data-column="${number}"]`);
  column?.querySelector<HTMLElement>("[data-answer-body], [data-folded]")?.focus({ preventScroll: true });
  column?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** A column comes into view, and is what the inspector tells of. */
export function showColumn(branch: BranchId): void {
  const place = shown().turn?.answers.find((answer) => answer.branch.id === branch);
  if (place) setFocused(place);
  document
    .querySelector(`[data-column][data-branch="${CSS.escape(branch)}"]`)
    ?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** What a picked target is for: the line-up, a column in place of its target, or something of the caller's. */
export type Picking =
  | { for: "lineup" }
  | { for: "replace"; branch: BranchId }
  | { for: "one"; title: string; onPick: (target: Target) => void };

export const usePicker = create<{ open: boolean; picking: Picking; from: Element | null }>(() => ({
  open: false,
  picking: { for: "lineup" },
  from: null,
}));

/** Opens the list of models: for the line-up, to `replace` the target of a column, or to pick one and close. */
export function openPicker(
  how?: { replace: BranchId } | { title: string; onPick: (target: Target) => void },
): void {
  const picking: Picking =
    how && "replace" in how
      ? { for: "replace", branch: how.replace }
      : how && "onPick" in how
        ? { for: "one", title: how.title, onPick: how.onPick }
        : { for: "lineup" };
  // After what is closing now: a menu gives the focus back first.
  setTimeout(() => usePicker.setState({ open: true, picking, from: document.activeElement }));
}

/** Stops every answer of this window, and what waits to be asked after them. */
export function stopAll(): void {
  holdQueue();
  for (const [completion, answer] of Object.entries(useLive.getState().answers))
    if (!isTerminal(answer.state)) stop(completion);
}
