/** What is folded and has to be seen: somebody goes to words that are in it. */
import { useEffect, useState } from "react";
import { create } from "zustand";

const useReveal = create<{ wanted: string }>(() => ({ wanted: "" }));

/** What a part of an answer is called. */
export const partId = (answer: string, part: number): string => `${answer} ${part}`;
/** What the prompt of a turn is called. */
export const promptId = (depth: number): string => `prompt ${depth}`;

/** Unfolds what is called so, now or when it is drawn. */
export function reveal(id: string): void {
  useReveal.setState({ wanted: id }, true);
}

/** Nothing is wanted any more: what is drawn from now on begins as it always does. */
export function revealNothing(): void {
  reveal("");
}

/** Whether it is open: `usual` at first, open once it has to be seen. */
export function useFold(id: string, usual: () => boolean): [open: boolean, setOpen: (open: boolean) => void] {
  const [open, setOpen] = useState(() => usual() || useReveal.getState().wanted === id);
  useEffect(() => useReveal.subscribe(({ wanted }) => wanted === id && setOpen(true)), [id]);
  return [open, setOpen];
}
