import { useSyncExternalStore } from "react";

/** More often, eight columns would have their heads and feet painted anew in half of all frames. */
const TICK_MS = 1_000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    for (const tell of listeners) tell();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const still = () => () => undefined;

/** The time, once a second while `running`: one clock for all columns, none when nothing runs. */
export function useNow(running: boolean): number {
  return useSyncExternalStore(running ? subscribe : still, () => now);
}

const MINUTE_MS = 60_000;

/** `just now`, `4 min ago`, `3 h ago`, `yesterday`, else the day: for what happened once. */
export function ago(at: string, now = Date.now()): string {
  const age = now - Date.parse(at);
  if (age < MINUTE_MS) return "just now";
  if (age < 60 * MINUTE_MS) return `${Math.floor(age / MINUTE_MS)} min ago`;
  if (age < 24 * 60 * MINUTE_MS) return `${Math.floor(age / 60 / MINUTE_MS)} h ago`;
  if (age < 48 * 60 * MINUTE_MS) return "yesterday";
  return day(at);
}

/** `21 Nov 2026` */
export function day(at: string): string {
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** `21 Nov 2026, 14:05` */
export function moment(at: string): string {
  const time = new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return `${day(at)}, ${time}`;
}
