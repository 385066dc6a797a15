/** The real engine, behind Tauri's commands and channels. */
import { Channel } from "@tauri-apps/api/core";
import type { Store } from "@tauri-apps/plugin-store";
import { commands, type Changed, type EventBatch } from "./bindings";
import type { Ipc, Prefs } from "./index";

export function tauri(): Ipc {
  return {
    ...commands,
    attachRun: (run, since, listener) => commands.attachRun(run, since, new Channel<EventBatch>(listener)),
    watchChanges: (listener) => commands.watchChanges(new Channel<Changed>(listener)),
    prefs: stored(),
  };
}

/** Preferences lie beside everything else in the data folder, so that a second home is a second window. */
function stored(): Prefs {
  let store: Promise<Store> | undefined;
  const open = () =>
    (store ??= (async () => {
      const [{ load }, { home }] = await Promise.all([import("@tauri-apps/plugin-store"), commands.engineStatus()]);
      return load(`${home}/preferences.json`, { defaults: {}, autoSave: 200 });
    })());
  return {
    load: async () => Object.fromEntries(await (await open()).entries()),
    set: async (name, value) => (await open()).set(name, value),
  };
}
