/** What the composer remembers beyond conversations. */
import { create } from "zustand";
import { ipc, type Target } from "@/ipc";
import { placesFrom, rememberLineup, type Place } from "../lineup";

export type SendWith = "modEnter" | "enter";
export type SavedLineup = { name: string; places: readonly Place[] };

type State = {
  sendWith: SendWith;
  favourites: readonly Target[];
  /** The last ones asked, newest first. */
  recent: readonly Target[];
  lineups: readonly SavedLineup[];
  /** Least height of the prompt box in px, when it was dragged. */
  promptHeight: number | null;
};

const MOST_RECENT = 8;

export const useComposerPreferences = create<State>(() => ({
  sendWith: "modEnter",
  favourites: [],
  recent: [],
  lineups: [],
  promptHeight: null,
}));

/** Takes up what the window remembered. */
export function rememberComposer(kept: Record<string, unknown>): void {
  const targets = (value: unknown) =>
    Array.isArray(value) ? value.filter((t): t is Target => typeof t === "string") : [];
  const height = kept["promptHeight"];
  rememberLineup(kept["lineup"]);
  useComposerPreferences.setState({
    sendWith: kept["sendWith"] === "enter" ? "enter" : "modEnter",
    favourites: targets(kept["favourites"]),
    recent: targets(kept["recentTargets"]).slice(0, MOST_RECENT),
    lineups: savedLineups(kept["lineups"]),
    promptHeight: typeof height === "number" && height > 0 ? height : null,
  });
}

function savedLineups(kept: unknown): SavedLineup[] {
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((entry: unknown): SavedLineup[] => {
    const { name, places } = (entry ?? {}) as Partial<SavedLineup>;
    const known = placesFrom(places);
    return typeof name === "string" && known.length > 0 ? [{ name, places: known }] : [];
  });
}

export const useSendWith = () => useComposerPreferences((s) => s.sendWith);

export function setSendWith(sendWith: SendWith): void {
  useComposerPreferences.setState({ sendWith });
  void ipc().prefs.set("sendWith", sendWith);
}

export function toggleFavourite(target: Target): void {
  const { favourites } = useComposerPreferences.getState();
  const now = favourites.includes(target)
    ? favourites.filter((other) => other !== target)
    : [...favourites, target];
  useComposerPreferences.setState({ favourites: now });
  void ipc().prefs.set("favourites", now);
}

/** These were asked just now. */
export function keepRecent(targets: readonly Target[]): void {
  const { recent } = useComposerPreferences.getState();
  const now = [...new Set([...targets, ...recent])].slice(0, MOST_RECENT);
  useComposerPreferences.setState({ recent: now });
  void ipc().prefs.set("recentTargets", now);
}

export function keepLineups(lineups: readonly SavedLineup[]): void {
  useComposerPreferences.setState({ lineups });
  void ipc().prefs.set("lineups", lineups);
}

/** Saves a line-up under a name; one of that name is replaced. */
export function saveLineup(name: string, places: readonly Place[]): void {
  const { lineups } = useComposerPreferences.getState();
  const plain = places.map(({ target, params, system }) => ({
    target,
    branch: null,
    ...(params && Object.keys(params).length > 0 && { params }),
    ...(system != null && { system }),
  }));
  keepLineups([...lineups.filter((other) => other.name !== name), { name, places: plain }]);
}

export function setPromptHeight(height: number | null, done: boolean): void {
  useComposerPreferences.setState({ promptHeight: height });
  if (done) void ipc().prefs.set("promptHeight", height);
}
