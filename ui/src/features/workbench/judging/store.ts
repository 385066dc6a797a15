/** Whether names are hidden, whether the row of votes is open, and what was voted on blind in this window. */
import { create } from "zustand";
import { ipc, type MessageId, type Target } from "@/ipc";

const PREF = "judging";

type State = {
  /** Names are hidden until the vote. */
  blind: boolean;
  /** The row of votes is shown though names are not hidden. */
  bar: boolean;
  /** Who judged last. */
  judge: Target | null;
  /** Answers of turns that were voted on blind, by turn, one entry for each time. */
  seen: Readonly<Record<string, readonly string[]>>;
  /** The two that are being voted on where there are more. */
  pair: readonly [MessageId, MessageId] | null;
  /** Answers of the turn whose vote is on its way. */
  casting: string | null;
};

export const useJudging = create<State>(() => ({
  blind: false,
  bar: false,
  judge: null,
  seen: {},
  pair: null,
  casting: null,
}));

/** Takes up what the window remembered. */
export function rememberJudging(kept: unknown): void {
  if (typeof kept !== "object" || kept === null) return;
  const { blind, bar, judge } = kept as Partial<State>;
  useJudging.setState({
    blind: blind === true,
    bar: bar === true,
    judge: typeof judge === "string" ? judge : null,
  });
}

function keep(change: Partial<Pick<State, "blind" | "bar" | "judge">>): void {
  useJudging.setState(change);
  const { blind, bar, judge } = useJudging.getState();
  void ipc().prefs.set(PREF, { blind, bar, judge });
}

export const toggleBlind = (): void => keep({ blind: !useJudging.getState().blind });
export const toggleBar = (): void => keep({ bar: !useJudging.getState().bar });
export const rememberJudge = (judge: Target): void => keep({ judge });
export const setPair = (pair: readonly [MessageId, MessageId]): void => useJudging.setState({ pair });

/** Its columns were put where the user wants them: no longer in the order of the vote. */
export function arranged(turn: string): void {
  useJudging.setState(({ seen }) => ({ seen: { ...seen, [turn]: (seen[turn] ?? []).map(() => "") } }));
}

/** Its names were hidden and are shown from now on: they cannot be forgotten. */
export function saw(turn: string, answers: string): void {
  useJudging.setState(({ seen }) => ({ seen: { ...seen, [turn]: [...(seen[turn] ?? []), answers] } }));
}
