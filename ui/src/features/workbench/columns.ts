/** How columns stand beside each other: widths, folded ones, one alone; and whether they scroll together. */
import { create } from "zustand";
import { ipc, type BranchId, type ConversationId, type Target } from "@/ipc";

/** As narrow as a column can be read. */
export const NARROWEST = 236;
/** A folded column: its colour, its number, its name on its side. */
export const FOLDED = 34;
const PREF = "columns";
/** Arrangements of as many conversations and line-ups are remembered. */
const MOST_KEPT = 60;

/** Widths as multiples of an equal share, by column. */
export type Shares = Readonly<Record<string, number>>;

type State = {
  /** By conversation, else by line-up; the latest last. */
  shares: Readonly<Record<string, Shares>>;
  folded: Readonly<Record<BranchId, true>>;
  together: boolean;
  /** The column that is shown alone. */
  alone: BranchId | null;
};

export const useColumns = create<State>(() => ({ shares: {}, folded: {}, together: false, alone: null }));

/** Takes up what the window remembered. */
export function rememberColumns(kept: unknown): void {
  if (typeof kept !== "object" || kept === null) return;
  const { shares, folded, together } = kept as Partial<State>;
  useColumns.setState({
    shares: record(shares, (each) => {
      const widths = record(each, (share) => (isShare(share) ? share : undefined));
      return Object.keys(widths).length > 0 ? widths : undefined;
    }),
    folded: record(folded, (each) => (each === true ? true : undefined)),
    together: together === true,
  });
}

/** The entries of what may be a record, as far as `read` makes something of them. */
function record<T>(value: unknown, read: (each: unknown) => T | undefined): Record<string, T> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]): [string, T][] => {
      const known = read(each);
      return known === undefined ? [] : [[key, known]];
    }),
  );
}

const isShare = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value > 0;

function keep(): void {
  const { shares, folded, together } = useColumns.getState();
  void ipc().prefs.set(PREF, { shares, folded, together });
}

/** What stands beside the columns and could be folded for them. */
export type Room = {
  /** `side bar and inspector` */
  panes: string;
  make: () => void;
  /** Nobody is asked again. */
  refuse: () => void;
};

/** What a column is called in its conversation's arrangement, and in that of its line-up. */
export type Seat = { branch: BranchId; target: Target };

const lineupKey = (seats: readonly Seat[]) => seats.map(({ target }) => target).join("\n");

/** The shares of these columns: the conversation's own, else those that the same models had last. */
export function sharesOf(
  kept: State["shares"],
  conversation: ConversationId,
  seats: readonly Seat[],
): readonly number[] {
  const own = kept[conversation];
  if (own && seats.some(({ branch }) => branch in own)) return seats.map(({ branch }) => own[branch] ?? 1);
  const lineup = kept[lineupKey(seats)];
  return seats.map((_, i) => lineup?.[i] ?? 1);
}

/** Remembers widths; `done` when the hand has let go. */
export function setShares(
  conversation: ConversationId,
  seats: readonly Seat[],
  shares: readonly number[] | null,
  done: boolean,
): void {
  const lineup = lineupKey(seats);
  useColumns.setState(({ shares: kept }) => {
    const others = Object.entries(kept).filter(([key]) => key !== conversation && key !== lineup);
    const now: [string, Shares][] = shares
      ? [
          [lineup, Object.fromEntries(shares.map((share, i) => [i, round(share)]))],
          [conversation, Object.fromEntries(seats.map(({ branch }, i) => [branch, round(shares[i] ?? 1)]))],
        ]
      : [];
    return { shares: Object.fromEntries([...others, ...now].slice(-MOST_KEPT)) };
  });
  if (done) keep();
}

const round = (share: number) => Math.round(share * 1_000) / 1_000;

/**
 * Moves the edge after column `at` by `px`. Where columns fill the strip, its neighbour gives what it takes;
 * where the strip scrolls, the strip grows.
 */
export function dragged(
  widths: readonly number[],
  at: number,
  px: number,
  scrolls: boolean,
): readonly number[] {
  const left = widths[at];
  const right = widths[at + 1];
  if (left === undefined) return widths;
  const least = NARROWEST - left;
  const most = scrolls || right === undefined ? Infinity : right - NARROWEST;
  const by = Math.max(least, Math.min(most, px));
  const next = [...widths];
  next[at] = left + by;
  if (!scrolls && right !== undefined) next[at + 1] = right - by;
  return next;
}

/** The same things with the one at `from` at `to`. */
export function moved<T>(things: readonly T[], from: number, to: number): readonly T[] {
  const thing = things[from];
  if (thing === undefined || to < 0 || to >= things.length || from === to) return things;
  const rest = things.toSpliced(from, 1);
  return rest.toSpliced(to, 0, thing);
}

export function toggleFolded(branch: BranchId): void {
  useColumns.setState(({ folded, alone }) => {
    const { [branch]: was, ...others } = folded;
    return { folded: was ? others : { ...folded, [branch]: true }, alone: alone === branch ? null : alone };
  });
  keep();
}

export function setAlone(branch: BranchId | null): void {
  useColumns.setState({ alone: branch });
}

export function toggleTogether(): void {
  useColumns.setState(({ together }) => ({ together: !together }));
  keep();
}
