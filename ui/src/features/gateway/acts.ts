/** What can be done with the gateway from anywhere. */
import { copy } from "@/components/copy";
import { notify } from "@/components/toasts";
import { tried } from "@/components/tried";
import { ipc } from "@/ipc";

/** On where it is off, off where it is on; says which. */
export async function switchGateway(): Promise<void> {
  const status = await tried(async () => {
    const { settings } = await ipc().gatewayStatus();
    return ipc().editGateway({ enabled: !settings.enabled });
  });
  if (!status) return;
  if (status.problem) notify({ text: status.problem, tone: "danger" });
  else notify({ text: status.url ? `The gateway is on at ${status.url}` : "The gateway is off" });
}

export async function copyAddress(): Promise<void> {
  const status = await tried(() => ipc().gatewayStatus());
  if (status?.url) await copy(status.url, `Copied ${status.url}`);
  else if (status) notify({ text: "The gateway is off, so it has no address", tone: "warn" });
}
