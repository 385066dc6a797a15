/** The ways into a first comparison. */
import { notify } from "@/components/toasts";
import { focusPrompt, setLineup } from "@/features/workbench";
import { ipc, reason, type ProviderStatus, type Target } from "@/ipc";
import { activeTab, openNew, useTabs } from "./tabs";

/** What shows differences soonest: one of usual speed, a fast one, one that thinks first. */
const TELLING = ["steady", "fast", "reasoning"];

/** These targets get the next new conversation's first prompt. */
export function compare(targets: readonly Target[]): void {
  setLineup(
    null,
    targets.map((target) => ({ target, branch: null })),
  );
  const { kind } = activeTab(useTabs.getState());
  if (kind !== "new" && kind !== "welcome") openNew();
  focusPrompt();
}

export function simulatedTargets(provider: ProviderStatus): Target[] {
  const telling = TELLING.filter((model) => provider.models.includes(model));
  return (telling.length > 1 ? telling : provider.models.slice(0, 3)).map(
    (model) => `${provider.id}/${model}`,
  );
}

export function compareSimulated(): void {
  ipc()
    .listProviders()
    .then((providers) => {
      const simulated = providers.find(({ dialect, enabled }) => dialect === "simulated" && enabled);
      if (simulated) compare(simulatedTargets(simulated));
      else
        notify({ text: "The simulated models are switched off. Settings switches them on.", tone: "warn" });
    })
    .catch((error: unknown) => notify({ text: reason(error), tone: "danger" }));
}
