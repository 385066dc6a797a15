/** What was looked at last, until the figures are: they are no part of the start. */
export const PREF = "insights";

let kept: unknown;

export function rememberInsights(all: Record<string, unknown>): void {
  kept = all[PREF];
}

export const remembered = (): unknown => kept;
