/** What is said of a model as one thing, though several providers offer it: where it is asked, else the cheapest. */
import type { CatalogCard, CatalogEntry, NanoUsd, Prices } from "@/ipc";

const known = (price: NanoUsd | null) => (price === null ? Infinity : Number(price));

/** Whose prices and limits stand for the model: who can be asked now, else who is set up, else the cheapest. */
export function offerOf({ offers }: Pick<CatalogCard, "offers">): CatalogEntry | undefined {
  const rank = ({ ready, target }: CatalogEntry) => (ready ? 0 : target !== null ? 1 : 2);
  return offers.toSorted((a, b) => rank(a) - rank(b) || known(a.prices.output) - known(b.prices.output))[0];
}

/** The prices of a call with so many tokens in. */
export function pricesFor(offer: Pick<CatalogEntry, "prices" | "above">, tokensIn: number): Prices {
  return offer.above.findLast(({ tokens }) => tokensIn > tokens)?.prices ?? offer.prices;
}

export type Load = {
  /** Tokens a request, of which so many come from the provider's cache. */
  input: number;
  cached: number;
  output: number;
  requests: number;
};

/** Dollars for all requests, and of one; `null` where a price is not known. */
export function costOf(
  offer: Pick<CatalogEntry, "prices" | "above">,
  load: Load,
): { input: number; cached: number; output: number; all: number } | null {
  const cached = Math.min(load.cached, load.input);
  const fresh = load.input - cached;
  const prices = pricesFor(offer, load.input);
  const part = (tokens: number, price: NanoUsd | null) =>
    tokens === 0 ? 0 : price === null ? null : (tokens * load.requests * Number(price)) / 1e6;
  const parts = {
    input: part(fresh, prices.input),
    cached: part(cached, prices.cachedRead ?? prices.input),
    output: part(load.output, prices.output),
  };
  if (parts.input === null || parts.cached === null || parts.output === null) return null;
  const { input, cached: read, output } = parts;
  return { input, cached: read, output, all: input + read + output };
}

/** The places of the best of a row's values; nobody is best where all are alike, or only one is known. */
export function best(values: readonly (number | null)[], most: boolean): ReadonlySet<number> {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return new Set();
  const [low, high] = [Math.min(...known), Math.max(...known)];
  if (low === high) return new Set();
  const wanted = most ? high : low;
  return new Set(values.flatMap((value, at) => (value === wanted ? [at] : [])));
}
