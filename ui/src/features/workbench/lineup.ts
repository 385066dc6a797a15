/** Whom the next prompt goes to: remembered by each conversation's branches, and by the window for new ones. */
import { create } from "zustand";
import { ipc, type BranchId, type ConversationId, type ConversationView, type Target } from "@/ipc";
import { turns } from "./turns";

export type Place = {
  target: Target;
  /** `null`: a new column from the conversation's head. */ branch: BranchId | null;
};

/** As many as fit side by side. */
export const MOST_TARGETS = 8;
const PREF = "lineup";

type State = {
  chosen: Readonly<Record<ConversationId, readonly Place[]>>;
  forNew: readonly Place[];
  drafts: Readonly<Record<string, string>>;
};

export const useLineups = create<State>(() => ({ chosen: {}, forNew: [], drafts: {} }));

/** Takes up what the window remembered. */
export function rememberLineup(kept: unknown): void {
  if (!Array.isArray(kept)) return;
  const forNew = kept.filter((t): t is Target => typeof t === "string").slice(0, MOST_TARGETS);
  useLineups.setState({ forNew: forNew.map((target) => ({ target, branch: null })) });
}

/** The columns that were asked last; those that were left out stay out. */
export function lineupOf(view: ConversationView): Place[] {
  const last = turns(view.columns).at(-1);
  return (last?.answers ?? [])
    .slice(0, MOST_TARGETS)
    .map(({ branch, target }) => ({ target: branch.target ?? target, branch: branch.id }));
}

export function useLineup(view: ConversationView | undefined): readonly Place[] {
  const chosen = useLineups((s) => (view ? s.chosen[view.conversation.id] : s.forNew));
  return chosen ?? (view ? lineupOf(view) : []);
}

export function setLineup(conversation: ConversationId | null, places: readonly Place[]): void {
  if (conversation === null) useLineups.setState({ forNew: places });
  else useLineups.setState(({ chosen }) => ({ chosen: { ...chosen, [conversation]: places } }));
}

/** A prompt went out: its line-up is the last one. */
export function asked(conversation: ConversationId, places: readonly Place[]): void {
  setLineup(conversation, places);
  const targets = places.map((place) => place.target);
  useLineups.setState({ forNew: targets.map((target) => ({ target, branch: null })) });
  void ipc().prefs.set(PREF, targets);
}

const NEW = "new";

export function draftOf(conversation: ConversationId | null): string {
  return useLineups.getState().drafts[conversation ?? NEW] ?? "";
}

/** Unsent words stay with their conversation. */
export function keepDraft(conversation: ConversationId | null, text: string): void {
  useLineups.setState(({ drafts }) => ({ drafts: { ...drafts, [conversation ?? NEW]: text } }));
}
