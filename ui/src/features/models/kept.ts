/** What the window remembers of the catalog, and which page was asked for: all of it that is there from the start. */
import { create } from "zustand";

export type Page = "list" | "rankings" | "cost" | "names" | "sources" | "own";

export const PREF = "modelsPane";

let kept: unknown;

export function rememberModels(all: Record<string, unknown>): void {
  kept = all[PREF];
}

export const remembered = (): unknown => kept;

export const usePage = create<{ page: Page }>(() => ({ page: "list" }));

export const showPage = (page: Page) => usePage.setState({ page });
