/** The real engine, behind Tauri's commands and channels. */
import { Channel } from "@tauri-apps/api/core";
import { commands, type Changed, type EventBatch } from "./bindings";
import type { Ipc } from "./index";

export function tauri(): Ipc {
  const { loadPreferences, savePreference, ...rest } = commands;
  return {
    ...rest,
    attachRun: (run, since, listener) => commands.attachRun(run, since, new Channel<EventBatch>(listener)),
    watchChanges: (listener) => commands.watchChanges(new Channel<Changed>(listener)),
    prefs: {
      load: async () =>
        Object.fromEntries(
          Object.entries(await loadPreferences()).map(([name, json]) => [name, parsed(json)]),
        ),
      set: (name, value) => savePreference(name, JSON.stringify(value)),
    },
  };
}

/** A preference that cannot be read is one that was never set. */
function parsed(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? "null");
  } catch {
    return null;
  }
}
