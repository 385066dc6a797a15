import { create } from "zustand";

export type Toast = {
  id: number;
  text: string;
  tone?: "warn" | "danger";
  action?: { label: string; run: () => void };
};

const STAYS_MS = 6_000;
let ids = 0;

export const useToasts = create<{ toasts: Toast[] }>(() => ({ toasts: [] }));

export function dismiss(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }));
}

/** What can be undone, the last thing last: a toast goes before everybody has reached its button. */
let undos: Toast[] = [];
const MOST_UNDOS = 20;

/** Says something that needs no answer; it goes by itself. */
export function notify(toast: Omit<Toast, "id">): void {
  const id = ++ids;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts.slice(-2), { ...toast, id }] }));
  if (toast.action?.label === "Undo") undos = [...undos.slice(1 - MOST_UNDOS), { ...toast, id }];
  setTimeout(() => dismiss(id), STAYS_MS);
}

/** Does what a toast offers, which is then offered no more. */
export function act({ id, action }: Toast): void {
  undos = undos.filter((toast) => toast.id !== id);
  dismiss(id);
  action?.run();
}

/** Undoes the last thing that has an Undo, whether it is still offered or not. */
export function undoLast(): void {
  const last = undos.at(-1);
  if (last) act(last);
  else notify({ text: "There is nothing to undo" });
}
