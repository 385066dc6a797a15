/** What the reader has done to the views of trees: by view, so that panel and tab of one conversation have their own. */
import { create } from "zustand";
import type { ConversationId, MessageId } from "@/ipc";
import type { Way } from "./geometry";

export type View = {
  active: MessageId | null;
  /** Folded nodes; `null`: everything but the active path. */
  collapsed: ReadonlySet<MessageId> | null;
  /** The node whose subtree alone is shown. */
  only: MessageId | null;
  selected: ReadonlySet<MessageId>;
  way: Way;
};

export type Place = "panel" | "tab";
export type ViewKey = `${Place}:${ConversationId}`;

const none: ReadonlySet<MessageId> = new Set();
const begun: Record<Place, View> = {
  tab: { active: null, collapsed: none, only: null, selected: none, way: "across" },
  panel: { active: null, collapsed: null, only: null, selected: none, way: "down" },
};

export const useViews = create<Readonly<Record<ViewKey, View>>>(() => ({}));

const placeOf = (key: ViewKey): Place => (key.startsWith("panel:") ? "panel" : "tab");

export function useView(key: ViewKey): View {
  return useViews((views) => views[key] ?? begun[placeOf(key)]);
}

export function change(key: ViewKey, what: Partial<View>): void {
  useViews.setState((views) => ({ [key]: { ...(views[key] ?? begun[placeOf(key)]), ...what } }));
}

export type Hits = { messages: readonly MessageId[]; at: number };
const nothing: Hits = { messages: [], at: 0 };

/** What was found, by conversation: whoever searches says it here. */
export const useAllHits = create<Readonly<Record<ConversationId, Hits>>>(() => ({}));

export const useHits = (id: ConversationId): Hits => useAllHits((all) => all[id] ?? nothing);

/** Marks these messages in the conversation's tree; `at`: the one that the reader stands at. */
export function showHits(id: ConversationId, messages: readonly MessageId[], at = 0): void {
  useAllHits.setState({ [id]: { messages, at } });
}
