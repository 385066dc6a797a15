/** Changes of the line-up that reach into the conversation's columns. */
import { notify } from "@/components/toasts";
import { ipc, reason, type BranchId, type ConversationView, type Target } from "@/ipc";
import { askedWith, lineupOf, setLineup, type Place } from "../lineup";

/** New places that a column of this conversation fits already go on with that column. */
export function takeUp(
  now: readonly Place[],
  before: readonly Place[],
  view: ConversationView | undefined,
): readonly Place[] {
  if (!view) return now;
  const used = new Set(now.map(({ branch }) => branch));
  return now.map((place) => {
    if (place.branch !== null || before.includes(place)) return place;
    const column = view.columns.find(
      ({ branch }) =>
        branch.target === place.target && !used.has(branch.id) && sameAsked(place, branch.id, view),
    );
    if (!column) return place;
    used.add(column.branch.id);
    return { target: place.target, branch: column.branch.id };
  });
}

/** A place that says nothing of parameters takes those of the column. */
function sameAsked(place: Place, branch: BranchId, view: ConversationView): boolean {
  if (!place.params && place.system == null) return true;
  const has = askedWith({ target: place.target, branch }, view);
  const text = (params: object) => JSON.stringify(Object.entries(params).sort());
  return text(has.params) === text(place.params ?? {}) && has.system === (place.system ?? null);
}

/**
 * The number of each place's column, as the columns of the last turn count; new ones follow. Nothing where every
 * place has a target of its own, which names it well enough.
 */
export function columnNumbers(
  lineup: readonly Place[],
  view: ConversationView | undefined,
): readonly number[] | null {
  if (new Set(lineup.map(({ target }) => target)).size === lineup.length) return null;
  const there = view ? lineupOf(view).map(({ branch }) => branch) : [];
  let next = there.length;
  return lineup.map(({ branch }) => {
    const at = branch === null ? -1 : there.indexOf(branch);
    return at >= 0 ? at + 1 : (next += 1);
  });
}

/** From the next prompt on, this column asks another target. */
export async function replaceTarget(
  view: ConversationView | undefined,
  lineup: readonly Place[],
  branch: BranchId,
  target: Target,
): Promise<void> {
  if (!view) return;
  const there = lineup.some((place) => place.branch === branch);
  try {
    await ipc().setColumn(branch, { target, ...askedWith({ target, branch }, view) });
    setLineup(
      view,
      there
        ? lineup.map((place) => (place.branch === branch ? { ...place, target } : place))
        : [...lineup, { target, branch }],
    );
  } catch (error) {
    notify({ text: reason(error), tone: "danger" });
  }
}
