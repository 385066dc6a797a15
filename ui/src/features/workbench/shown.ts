/** The turn that is on the screen, for commands that come from elsewhere. */
import type { Turn, TurnAnswer } from "./turns";

type Shown = { turn: Turn | null; move: (place: TurnAnswer, to: number) => void };

const nothing: Shown = { turn: null, move: () => undefined };
let now = nothing;

export function showTurn(next: Shown | null): void {
  now = next ?? nothing;
}

export function shown(): Shown {
  return now;
}
