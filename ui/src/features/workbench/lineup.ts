/** Whom the next prompt goes to: remembered by each conversation's branches, and by the window for new ones. */
import { useMemo } from "react";
import { create } from "zustand";
import {
  ipc,
  type AskColumn,
  type BranchId,
  type ConversationId,
  type ConversationView,
  type Params,
  type Target,
} from "@/ipc";
import { turns } from "./turns";

export type Place = {
  target: Target;
  /** `null`: a new column from the conversation's head. */
  branch: BranchId | null;
  /** Of a new column; an existing one has them in its branch. */
  params?: Params;
  /** System text of a new column's own; empty for none. */
  system?: string | null;
};

/** As many as fit side by side. */
export const MOST_TARGETS = 8;
const PREF = "lineup";

type Chosen = {
  places: readonly Place[];
  /** The columns there were when it was chosen: a column that came later joins it. */
  seen: readonly BranchId[];
};

type State = {
  /** Where it differs from the columns that were asked last. */
  chosen: Readonly<Record<ConversationId, Chosen>>;
  forNew: readonly Place[];
  /** System text of the conversation to come. */
  newSystem: string | null;
  /** The one column that the next prompt goes to, in the conversation that has it. */
  only: BranchId | null;
};

export const useLineups = create<State>(() => ({ chosen: {}, forNew: [], newSystem: null, only: null }));

/** Takes up what the window remembered. */
export function rememberLineup(kept: unknown): void {
  useLineups.setState({ forNew: placesFrom(kept) });
}

/** Places without a branch, as preferences hold them. */
export function placesFrom(kept: unknown): Place[] {
  if (!Array.isArray(kept)) return [];
  return kept.slice(0, MOST_TARGETS).flatMap((entry: unknown): Place[] => {
    if (typeof entry === "string") return [{ target: entry, branch: null }];
    if (typeof entry !== "object" || entry === null || !("target" in entry)) return [];
    const { target, params, system } = entry as Partial<Place>;
    if (typeof target !== "string") return [];
    return [
      {
        target,
        branch: null,
        ...(params && typeof params === "object" && { params }),
        ...(typeof system === "string" && { system }),
      },
    ];
  });
}

/** The columns that were asked last; those that were left out stay out. */
export function lineupOf(view: ConversationView): Place[] {
  const last = turns(view.columns).at(-1);
  return (last?.answers ?? [])
    .slice(0, MOST_TARGETS)
    .map(({ branch, target }) => ({ target: branch.target ?? target, branch: branch.id }));
}

/** The line-up of a conversation: as chosen, else the columns that were asked last. */
export function lineupFor(view: ConversationView): readonly Place[] {
  return lineupWith(useLineups.getState().chosen[view.conversation.id], view);
}

function lineupWith(chosen: Chosen | undefined, view: ConversationView): readonly Place[] {
  const last = lineupOf(view);
  if (!chosen) return last;
  const { places, seen } = chosen;
  const there = places.filter(
    ({ branch }) => branch === null || view.columns.some((column) => column.branch.id === branch),
  );
  const joined = last.filter(
    ({ branch }) =>
      branch !== null && !seen.includes(branch) && !places.some((place) => place.branch === branch),
  );
  return [...there, ...joined].slice(0, MOST_TARGETS);
}

export function useLineup(view: ConversationView | undefined): readonly Place[] {
  const chosen = useLineups((s) => (view ? s.chosen[view.conversation.id] : undefined));
  const forNew = useLineups((s) => s.forNew);
  return useMemo(() => (view ? lineupWith(chosen, view) : forNew), [view, chosen, forNew]);
}

/** Chooses a line-up: of the conversation that is seen, or of the one to come. */
export function setLineup(view: ConversationView | null, places: readonly Place[]): void {
  if (view === null) {
    keepForNew(places);
    return;
  }
  const { id } = view.conversation;
  const seen = view.columns.map(({ branch }) => branch.id);
  useLineups.setState(({ chosen }) => ({ chosen: { ...chosen, [id]: { places, seen } } }));
}

/** A prompt went to all of the line-up: those columns are the last ones now. */
export function forgetChosen(conversation: ConversationId): void {
  useLineups.setState(({ chosen }) => ({
    chosen: Object.fromEntries(Object.entries(chosen).filter(([id]) => id !== conversation)),
  }));
}

/** Keeps the line-up of the conversation to come, through a restart. */
export function keepForNew(places: readonly Place[]): void {
  const forNew = places.map(({ target, params, system }) => ({
    target,
    branch: null,
    ...(params && Object.keys(params).length > 0 && { params }),
    ...(system != null && { system }),
  }));
  useLineups.setState({ forNew });
  void ipc().prefs.set(
    PREF,
    forNew.map(({ target, params, system }) =>
      params || system != null ? { target, params, system } : target,
    ),
  );
}

/** The next prompt goes to this column alone; `null`: to all. */
export function askOnly(branch: BranchId | null): void {
  useLineups.setState({ only: branch });
}

/** The places that the next prompt goes to. */
export function inScope(places: readonly Place[], only: BranchId | null): readonly Place[] {
  const one = only === null ? [] : places.filter((place) => place.branch === only);
  return one.length > 0 ? one : places;
}

/** What a place is asked with: of an existing column, what its branch says. */
export function askedWith(
  place: Place,
  view: ConversationView | undefined,
): { params: Params; system: string | null } {
  const branch = place.branch && view?.columns.find((column) => column.branch.id === place.branch)?.branch;
  return branch
    ? { params: branch.params, system: branch.system }
    : { params: place.params ?? {}, system: place.system ?? null };
}

/** As the engine is asked. */
export function askColumns(places: readonly Place[], view: ConversationView | undefined): AskColumn[] {
  return places.map((place) => {
    const { params, system } = askedWith(place, view);
    return { target: place.target, branch: place.branch, params, ...(system !== null && { system }) };
  });
}
