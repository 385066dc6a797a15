/**
 * Where answers were left: in this window by answer, and through a restart by branch and by sibling, which the engine
 * remembers. Of a branch it has one place, which is that of the answer it ends with: a conversation is opened there.
 */
import { ipc, type BranchId, type ColumnView, type MessageId, type Shown } from "@/ipc";
import { isTerminal } from "../fold";

/** How long nobody has scrolled before the place is kept. */
const KEEP_AFTER_MS = 500;
/** Places of as many answers are remembered while they are not shown. */
const MOST_PLACES = 200;

export type Place = { top: number; follows: boolean };

const places = new Map<MessageId, Place>();

/** What shows an answer now. */
export type Reader = {
  /** `null` while it follows an end that is being written: nobody chose that place. */
  top: () => number | null;
  /** The same of an end that was followed until all was written: its reader need not have scrolled. */
  end: () => number | null;
  seat: (top: number) => void;
};
const readers = new Map<MessageId, Reader>();

/** What branches end with, as far as this window has seen them, and which place the engine has of that. */
const lines = new Map<BranchId, { tip: MessageId | null; kept: number | null }>();
const waiting = new Map<BranchId, { answer: MessageId; top: number; timer: ReturnType<typeof setTimeout> }>();

export const placeOf = (answer: MessageId): Place | undefined => places.get(answer);

export function leave(answer: MessageId, place: Place): void {
  places.delete(answer);
  places.set(answer, place);
  const [oldest] = places.keys();
  if (places.size > MOST_PLACES && oldest !== undefined) places.delete(oldest);
}

/** Until the returned function is called, this one shows the answer. */
export function shows(answer: MessageId, reader: Reader): () => void {
  readers.set(answer, reader);
  return () => {
    if (readers.get(answer) === reader) readers.delete(answer);
  };
}

function topOf(answer: MessageId): number | null {
  const reader = readers.get(answer);
  if (reader) return reader.top();
  const place = places.get(answer);
  return place ? place.top : null;
}

/** What the engine says of columns: a branch that is seen first begins where it was left. */
export function takeUp(columns: readonly ColumnView[]): void {
  for (const { branch, messages } of columns) {
    const { id, tip, scroll } = branch;
    const known = lines.get(id);
    if (known?.tip === tip) continue;
    lines.set(id, { tip, kept: known ? known.kept : scroll });
    if (tip === null) continue;
    const last = messages.at(-1);
    const live = last?.completion && !isTerminal(last.completion.state);
    // What the engine has is of another answer now.
    if (known) keep(id, topOf(tip) ?? 0);
    else if (scroll > 0 && !live && !places.has(tip)) leave(tip, { top: scroll, follows: false });
  }
}

/** Where the window is in what a branch ends with, for whoever leads the branch elsewhere. */
export function leftAt(branch: BranchId): number | null {
  const line = lines.get(branch);
  const top = line?.tip ? topOf(line.tip) : null;
  return top === null ? null : Math.max(0, Math.round(top));
}

/** A branch was led to another line: it is shown where that was left. */
export function ledTo({ branch, tip, scroll }: Shown): void {
  const reader = readers.get(tip);
  if (!places.has(tip) && reader?.top() !== null) {
    // Where nobody was yet, an end that is being written may be followed.
    leave(tip, { top: scroll, follows: scroll === 0 });
    reader?.seat(scroll);
  }
  lines.set(branch, { tip, kept: lines.get(branch)?.kept ?? null });
  keep(branch, places.get(tip)?.top ?? 0);
}

/** The reader scrolled an answer: that is kept when it is the one that the branch ends with. */
export function keepSoon(branch: BranchId, answer: MessageId, top: number): void {
  if (lines.get(branch)?.tip !== answer) return;
  clearTimeout(waiting.get(branch)?.timer);
  const timer = setTimeout(() => keepNow(branch), KEEP_AFTER_MS);
  waiting.set(branch, { answer, top, timer });
}

/** Keeps at once what was going to be kept soon. */
export function keepNow(branch: BranchId): void {
  const next = waiting.get(branch);
  if (!next) return;
  clearTimeout(next.timer);
  waiting.delete(branch);
  // It may end with another answer by now.
  if (lines.get(branch)?.tip === next.answer) keep(branch, next.top);
}

function keep(branch: BranchId, at: number): void {
  const line = lines.get(branch);
  const top = Math.max(0, Math.round(at));
  if (!line || line.kept === top) return;
  line.kept = top;
  // A place that could not be kept is told again with the next one, and nobody misses it before a restart.
  ipc()
    .keepScroll(branch, top)
    .catch(() => (line.kept = null));
}

/** For tests: nothing is known any more. */
export function forgetPlaces(): void {
  for (const { timer } of waiting.values()) clearTimeout(timer);
  for (const map of [places, readers, lines, waiting]) map.clear();
}

/** A window that is left, hidden or closed may not come back. */
function keepAll(): void {
  for (const branch of [...waiting.keys()]) keepNow(branch);
  for (const [branch, { tip }] of lines) {
    const end = tip === null ? undefined : readers.get(tip)?.end();
    if (end != null) keep(branch, end);
  }
}
window.addEventListener("blur", keepAll);
window.addEventListener("pagehide", keepAll);
document.addEventListener("visibilitychange", keepAll);
