/** What of the catalog is looked at: the page, the filters, what is open and what is put side by side. */
import { create } from "zustand";
import type { Page } from "./kept";
import type { Ability, CatalogQuery, CatalogSort, RankBy, PromptClass, Reachable } from "@/ipc";

export const pages: readonly { value: Page; label: string }[] = [
  { value: "list", label: "All models" },
  { value: "rankings", label: "Rankings" },
  { value: "cost", label: "Price calculator" },
  { value: "own", label: "Your models and prices" },
  { value: "names", label: "Names" },
  { value: "sources", label: "Sources" },
];

export type Can = Ability | "embeddings";

export type Filters = {
  text: string;
  reachable: readonly Reachable[];
  can: readonly Can[];
  providers: readonly string[];
  makers: readonly string[];
  /** Places on the two scales; 0 is any. */
  context: number;
  price: number;
  sort: CatalogSort;
  descending: boolean;
};

/** Tokens, dollars a million tokens; the first of each is no filter. */
export const CONTEXTS = [0, 8_000, 32_000, 64_000, 128_000, 200_000, 400_000, 1_000_000] as const;
export const PRICES = [null, 100, 60, 30, 15, 10, 5, 2, 1, 0.5, 0.2, 0] as const;

export const everything: Filters = {
  text: "",
  reachable: [],
  can: [],
  providers: [],
  makers: [],
  context: 0,
  price: 0,
  sort: "name",
  descending: false,
};

/** As many columns as can still be read side by side. */
export const MOST_COMPARED = 6;

type View = {
  filters: Filters;
  /** Canonical ids, in the order in which they were chosen. */
  chosen: readonly string[];
  /** The model whose details are shown. */
  open: string | null;
  /** Whether the comparison is folded to its head. */
  folded: boolean;
  by: RankBy;
  class: PromptClass;
  readyOnly: boolean;
};

export const useView = create<View>(() => ({
  filters: everything,
  chosen: [],
  open: null,
  folded: false,
  by: "balanced",
  class: "other",
  readyOnly: false,
}));

export const narrow = (change: Partial<Filters>) =>
  useView.setState(({ filters }) => ({ filters: { ...filters, ...change } }));

/** All models, in the same order. */
export const clearFilters = () =>
  useView.setState(({ filters: { sort, descending } }) => ({
    filters: { ...everything, sort, descending },
  }));

export const openModel = (open: string | null) => useView.setState({ open });

/** Puts a model beside the others, or takes it away; `false` when no more fit. */
export function toggleChosen(model: string): boolean {
  const { chosen } = useView.getState();
  if (chosen.includes(model)) useView.setState({ chosen: chosen.filter((one) => one !== model) });
  else if (chosen.length < MOST_COMPARED) useView.setState({ chosen: [...chosen, model] });
  else return false;
  return true;
}

export const clearChosen = () => useView.setState({ chosen: [], folded: false });

/** With it when it is not there, without it when it is. */
export const toggled = <T>(all: readonly T[], one: T): T[] =>
  all.includes(one) ? all.filter((other) => other !== one) : [...all, one];

/** Prices, windows and quality are looked at from the end that people look for. */
const DESCENDING: readonly CatalogSort[] = ["quality", "context"];

/** By this column; once more turns it round. */
export function sortBy(sort: CatalogSort): void {
  const { filters } = useView.getState();
  narrow({
    sort,
    descending: filters.sort === sort ? !filters.descending : DESCENDING.includes(sort),
  });
}

export function isNarrowed(filters: Filters): boolean {
  const { sort, descending } = everything;
  return JSON.stringify({ ...filters, sort, descending }) !== JSON.stringify(everything);
}

/** The question to the engine. */
export function queryOf(filters: Filters): CatalogQuery {
  const { text, reachable, can, providers, makers, context, price, sort, descending } = filters;
  const most = PRICES[price] ?? null;
  return {
    text: text.trim() || null,
    reachable: [...reachable],
    can: can.filter((one) => one !== "embeddings"),
    embeddings: can.includes("embeddings") ? true : null,
    providers: [...providers],
    makers: [...makers],
    minContext: CONTEXTS[context] || null,
    maxOutput: most === null ? null : String(most),
    sort,
    descending,
  };
}

/** A filter in a word, and the way out of it. */
export function chips(filters: Filters): { label: string; remove: () => void }[] {
  const most = PRICES[filters.price] ?? null;
  const least = CONTEXTS[filters.context] ?? 0;
  return [
    ...filters.reachable.map((one) => ({
      label: reachableLabels[one].toLowerCase(),
      remove: () => narrow({ reachable: toggled(filters.reachable, one) }),
    })),
    ...filters.can.map((one) => ({
      label: canLabels[one],
      remove: () => narrow({ can: toggled(filters.can, one) }),
    })),
    ...filters.makers.map((one) => ({
      label: one,
      remove: () => narrow({ makers: toggled(filters.makers, one) }),
    })),
    ...filters.providers.map((one) => ({
      label: `at ${one}`,
      remove: () => narrow({ providers: toggled(filters.providers, one) }),
    })),
    ...(least > 0
      ? [{ label: `≥ ${least.toLocaleString("en-US")} tokens`, remove: () => narrow({ context: 0 }) }]
      : []),
    ...(most === null ? [] : [{ label: mostLabel(most), remove: () => narrow({ price: 0 }) }]),
  ];
}

export const mostLabel = (most: number) => (most === 0 ? "free" : `≤ $${most}`);

export const reachableLabels: Record<Reachable, string> = {
  ready: "Ready now",
  needsProvider: "Needs a provider",
  local: "On this machine",
};

export const canLabels: Record<Can, string> = {
  tools: "tools",
  vision: "vision",
  reasoning: "reasoning",
  json: "json",
  web_search: "web search",
  embeddings: "embeddings",
};
