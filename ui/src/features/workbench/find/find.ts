/** Finding words in the conversation that is open: what is asked for, and where the keyboard was before. */
import { create } from "zustand";
import { notify } from "@/components/toasts";
import type { BranchId } from "@/ipc";
import { shown } from "../shown";
import { LONGEST } from "./words";

type Find = {
  open: boolean;
  query: string;
  matchCase: boolean;
  /** Counts how often the bar was asked for. */
  asked: number;
  /** Where the first hit to be gone to is; the column's own, where one is named. */
  land: { depth: number; branch: BranchId | null } | null;
};

export const useFind = create<Find>(() => ({
  open: false,
  query: "",
  matchCase: false,
  asked: 0,
  land: null,
}));

let from: Element | null = null;
/** Goes on by so many hits; `null` while the bar is not there. */
let stepper: ((by: number) => void) | null = null;

export function openFind(): void {
  if (!shown().turn) {
    notify({ text: "There is nothing to search here yet" });
    return;
  }
  const { open, query, asked } = useFind.getState();
  if (!open) from = document.activeElement;
  useFind.setState({ open: true, query: selected() || query, asked: asked + 1 });
}

/** Words that are marked in one line of an answer or a prompt are what somebody wants to find. */
function selected(): string {
  const selection = getSelection();
  const node = selection?.anchorNode;
  const element = node instanceof Element ? node : node?.parentElement;
  const text = selection?.toString() ?? "";
  return element?.closest("[data-parts], [data-own], [data-said]") &&
    text.length <= LONGEST &&
    !text.includes("\n")
    ? text
    : "";
}

/** The keyboard goes back to where it was, as far as that is still there. */
export function closeFind(): void {
  if (!useFind.getState().open) return;
  useFind.setState({ open: false, land: null });
  if (from instanceof HTMLElement && from.isConnected) from.focus({ preventScroll: true });
  from = null;
}

export function offerSteps(step: ((by: number) => void) | null): void {
  stepper = step;
}

const go = (by: number) => () => (stepper ? stepper(by) : openFind());
export const findNext = go(1);
export const findPrevious = go(-1);
