/** The answer that the inspector tells of: the one that was last looked at. */
import { create } from "zustand";
import type { TurnAnswer } from "../turns";

export const useFocused = create<{ place: TurnAnswer | null }>(() => ({ place: null }));

export function setFocused(place: TurnAnswer): void {
  if (useFocused.getState().place !== place) useFocused.setState({ place });
}

/** These are on the screen now: the same column stays in focus, as far as it is among them. */
export function offerFocus(places: readonly TurnAnswer[]): void {
  const { place } = useFocused.getState();
  const same = places.find(({ branch }) => branch.id === place?.branch.id) ?? places[0] ?? null;
  if (same !== place) useFocused.setState({ place: same });
}
