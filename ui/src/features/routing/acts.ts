import { notify } from "@/components/toasts";
import { tried } from "@/components/tried";
import { ipc, type Policy } from "@/ipc";
import { begin, discard, freeName, useView } from "./view";

/** Writes the changed policy that is looked at to the settings. */
export async function saveDraft(): Promise<void> {
  const { policy, drafts, fresh } = useView.getState();
  const name = policy ?? (await tried(() => ipc().listPolicies()))?.default;
  const draft = name === undefined ? undefined : drafts[name];
  if (name === undefined || !draft) return;
  const saved = await tried(async () => {
    await ipc().savePolicy(draft, fresh.includes(name));
    return true;
  });
  if (!saved) return;
  // What was changed meanwhile is kept.
  if (useView.getState().drafts[name] === draft) discard(name);
  else useView.setState((now) => ({ fresh: now.fresh.filter((one) => one !== name) }));
  useView.setState({ policy: name });
  notify({ text: `Saved ${name} in config.toml` });
}

/** Begins a policy like this one under another name. */
export function duplicate(policy: Policy, taken: readonly string[], name = policy.name): void {
  begin({ ...policy, name: freeName(name, taken), builtIn: false });
}

export async function makeDefault(name: string): Promise<void> {
  const done = await tried(async () => {
    await ipc().setDefaultPolicy(name);
    return true;
  });
  if (done) notify({ text: `auto now means ${name}` });
}
