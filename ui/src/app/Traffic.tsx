/** Calls through the gateway, and the ways from them to conversations and settings. */
import { look, Traffic } from "@/features/traffic";
import type { CompletionId } from "@/ipc";
import { toSettings } from "./commands";
import { openConversation, openTraffic } from "./tabs";
import { toConversation } from "./toConversation";

export { TrafficSide } from "@/features/traffic";

export function TrafficTab() {
  return (
    <Traffic
      onGateway={() => toSettings("gateway")}
      onConversation={(call) => void toConversation(call)}
      onReplayed={(conversation) => openConversation(conversation)}
    />
  );
}

/** Leads to the traffic; with a call, to that one. */
export function toTraffic(call?: CompletionId): void {
  if (call) look(call);
  openTraffic();
}
