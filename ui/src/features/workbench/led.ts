/** The message that the reader was led to from elsewhere: its turn is open until another one is chosen. */
import { create } from "zustand";
import type { ConversationId, MessageId } from "@/ipc";

type Led = { conversation: ConversationId | null; message: MessageId | null };

const nowhere: Led = { conversation: null, message: null };

export const useLed = create<Led>(() => nowhere);

/** Opens the turn of this message, as soon as its conversation shows it. */
export function leadTo(conversation: ConversationId, message: MessageId): void {
  useLed.setState({ conversation, message });
}

export function stopLeading(): void {
  if (useLed.getState().message !== null) useLed.setState(nowhere);
}
