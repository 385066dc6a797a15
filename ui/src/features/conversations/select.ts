/** Several conversations that something is to be done with. */

export type Selection = { chosen: ReadonlySet<string>; anchor: string | null };

export const nothingChosen: Selection = { chosen: new Set(), anchor: null };

/** One more, or one less. */
export function toggled({ chosen }: Selection, id: string): Selection {
  const next = new Set(chosen);
  if (!next.delete(id)) next.add(id);
  return { chosen: next, anchor: id };
}

/** All from the anchor to this one, as they are listed; the anchor stays. */
export function stretched({ anchor }: Selection, to: string, listed: readonly string[]): Selection {
  const from = anchor === null ? -1 : listed.indexOf(anchor);
  const at = listed.indexOf(to);
  if (at < 0) return nothingChosen;
  if (from < 0) return { chosen: new Set([to]), anchor: to };
  return { chosen: new Set(listed.slice(Math.min(from, at), Math.max(from, at) + 1)), anchor };
}

/** Without those that are gone. */
export function present(selection: Selection, listed: ReadonlySet<string>): Selection {
  const chosen = new Set([...selection.chosen].filter((id) => listed.has(id)));
  return chosen.size === selection.chosen.size ? selection : { ...selection, chosen };
}
