/** What can be done with the call that is looked at, from buttons and from commands. */
import { create } from "zustand";
import { copy } from "@/components/copy";
import { notify } from "@/components/toasts";
import { tried } from "@/components/tried";
import { ipc, type CompletionId, type ConversationId, type Target, type TrafficDetail } from "@/ipc";
import { asCurl, asPython, asTypeScript, sentOf, type Sent } from "./copies";
import { useLooking } from "./filters";

export type As = "curl" | "Python" | "TypeScript";

const ways: Record<As, (sent: Sent) => string> = {
  curl: asCurl,
  Python: asPython,
  TypeScript: asTypeScript,
};

/** Whether the models for a replay are being chosen. */
export const useReplaying = create<{ call: CompletionId | null }>(() => ({ call: null }));

/** Why a call is no conversation; `null` where it is one. */
export function noConversation({ call, attempts }: TrafficDetail): string | null {
  if (call.conversation !== null) return null;
  if (call.state.state === "queued" || call.state.state === "streaming") return "It is still under way.";
  if (call.kind === "embed" || call.kind === "count") return "Nothing was said in it.";
  return attempts.some(({ exchange }) => exchange)
    ? "Its conversation was deleted."
    : "Only its figures were kept.";
}

async function looked(): Promise<TrafficDetail | undefined> {
  const { call } = useLooking.getState();
  if (call) return tried(() => ipc().trafficCall(call));
  notify({ text: "Choose a call in Traffic first", tone: "warn" });
  return undefined;
}

/** Puts a program on the clipboard that makes the call again. */
export async function copyCallAs(as: As, of?: TrafficDetail): Promise<void> {
  const detail = of ?? (await looked());
  if (!detail) return;
  const status = await tried(() => ipc().gatewayStatus());
  if (!status) return;
  const port = status.settings.port || 4141;
  const sent = sentOf(detail, status.url ?? `http://127.0.0.1:${port}`);
  if (sent) await copy(ways[as](sent), `Copied as ${as}; it takes the key from $ORCHESITY_KEY`);
  else notify({ text: "What was asked was not kept, so there is nothing to make again", tone: "warn" });
}

/** The conversation that the call became. */
export async function conversationOfCall(): Promise<TrafficDetail["call"] | undefined> {
  const detail = await looked();
  const why = detail && noConversation(detail);
  if (why) notify({ text: why, tone: "warn" });
  return why ? undefined : detail?.call;
}

/** Opens the list of models to replay it with. */
export async function replayCall(): Promise<void> {
  const call = await conversationOfCall();
  if (call) useReplaying.setState({ call: call.completion });
}

/** Asks other models the same, beside the answer that was given. */
export async function replay(detail: TrafficDetail, targets: readonly Target[]): Promise<ConversationId> {
  const { message } = detail.call;
  const [view] = message === null ? [] : await ipc().messages([message]);
  const prompt = view?.message.parentId;
  if (!prompt) throw new Error("what was asked is not there any more");
  const { conversation } = await ipc().addTargets({ prompt, columns: targets.map((target) => ({ target })) });
  return conversation;
}
