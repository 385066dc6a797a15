/** What is to be exported, while that is being asked about, and the way to what is imported. */
import { create } from "zustand";
import { notify } from "@/components/toasts";
import { section } from "@/features/settings";
import { reason, type ConversationId } from "@/ipc";
import { activeTab, openSettings, useTabs } from "./tabs";

/** None is all of them; `null`: nothing is to be exported. */
export const useExporting = create<{ conversations: readonly ConversationId[] | null }>(() => ({
  conversations: null,
}));

/** After what is closing now: a menu gives the focus back first. */
export function exportThese(conversations: readonly ConversationId[]): void {
  setTimeout(() => useExporting.setState({ conversations }));
}

/** The conversation that is open; where none is, all of them. */
export function exportOpen(): void {
  const tab = activeTab(useTabs.getState());
  exportThese(tab.kind === "conversation" || tab.kind === "tree" ? [tab.conversation] : []);
}

/** Asks for files, and leads to where it is told how it goes. */
export function importFiles(): void {
  import("@/features/moving")
    .then(({ pickFiles }) =>
      pickFiles(() => {
        section("data");
        openSettings();
      }),
    )
    .catch((error: unknown) => notify({ text: reason(error), tone: "danger" }));
}
