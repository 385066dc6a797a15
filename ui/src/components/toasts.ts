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

/** Says something that needs no answer; it goes by itself. */
export function notify(toast: Omit<Toast, "id">): void {
  const id = ++ids;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts.slice(-2), { ...toast, id }] }));
  setTimeout(() => dismiss(id), STAYS_MS);
}
