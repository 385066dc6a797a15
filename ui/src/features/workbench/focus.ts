/** Where the keyboard can be sent. Elements are found by what they are, since they come and go. */
import { create } from "zustand";
import { ipc } from "@/ipc";
import { isTerminal } from "./fold";
import { useLive } from "./live";

export function focusPrompt(): void {
  // After what is being rendered now.
  setTimeout(() => document.querySelector<HTMLElement>("[role=textbox][aria-label=Prompt]")?.focus());
}

/** Columns count from 1. */
export function focusColumn(number: number): void {
  const column = document.querySelector(`[data-column="${number}"]`);
  const body = column?.querySelector<HTMLElement>("[data-answer-body]");
  body?.focus();
  column?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

export const usePicker = create<{ open: boolean }>(() => ({ open: false }));

export function openPicker(): void {
  usePicker.setState({ open: true });
}

/** Stops every answer of this window. */
export function stopAll(): void {
  for (const [completion, answer] of Object.entries(useLive.getState().answers))
    if (!isTerminal(answer.state)) void ipc().stopCompletion(completion);
}
