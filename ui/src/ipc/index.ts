/** The only door to the engine. Everything else in `ui/` imports from here, and none of it knows Tauri. */
import { tauri } from "./tauri";
import type { Changed, EventBatch, RunId, commands } from "./bindings";

export type * from "./bindings";

type Generated = typeof commands;

/** The engine's commands; those that stream take a listener where the bindings take a channel. */
export interface Ipc extends Omit<
  Generated,
  "attachRun" | "watchChanges" | "loadPreferences" | "savePreference"
> {
  /** What the run has told since `since`, then what comes. The listener stays until the run has ended. */
  attachRun(run: RunId, since: number, listener: (batch: EventBatch) => void): Promise<unknown>;
  /** Which kinds of durable data changed, in this process or another one. */
  watchChanges(listener: (changed: Changed) => void): Promise<unknown>;
  /** Small values that belong to the window alone; they never hold a key or a message. */
  prefs: Prefs;
}

/** Preferences of the window. */
export interface Prefs {
  /** All of them, once, at the start. */
  load(): Promise<Record<string, unknown>>;
  /** Kept at once in memory, soon on disk. */
  set(name: string, value: unknown): Promise<unknown>;
}

let engine: Ipc | undefined;

/** The engine; only after {@link connect}. */
export function ipc(): Ipc {
  if (!engine) throw new Error("the window is not connected to an engine; `connect()` comes first");
  return engine;
}

/** Connects to the real engine inside the app, to an engine in memory in a plain browser. */
export async function connect(): Promise<Ipc> {
  engine ??= "__TAURI_INTERNALS__" in window ? tauri() : (await import("./fake")).fake();
  return engine;
}

/** For tests: this engine from now on. */
export function connectTo(other: Ipc): void {
  engine = other;
}

/** What went wrong, in words, whatever was thrown. */
export function reason(error: unknown): string {
  if (typeof error === "object" && error !== null && "message" in error) return String(error.message);
  return String(error);
}
