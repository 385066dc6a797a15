/** What requests would cost, as the engine counts it. */
import type { CatalogEntry, LoadCost, NanoUsd, PricedModel, PriceLoad, Prices } from "../bindings";

const known = (price: NanoUsd | null) => (price === null ? Infinity : Number(price));

/** The cost of all requests, and of one; `null` where a price is not known. */
export function costOf(offer: CatalogEntry, load: PriceLoad): LoadCost | null {
  const cached = Math.min(load.cached, load.input);
  const step = offer.above.findLast(({ tokens }) => load.input > tokens)?.prices;
  // What a batch of long prompts costs is in no list.
  if (load.batch && step) return null;
  const prices: Prices = load.batch ? offer.batch : (step ?? offer.prices);
  const part = (tokens: number, price: NanoUsd | null) =>
    tokens === 0 ? 0 : price === null ? null : (tokens * Number(price)) / 1e6;
  const input = part(load.input - cached, prices.input);
  const read = part(cached, prices.cachedRead ?? prices.input);
  const output = part(load.output, prices.output);
  if (input === null || read === null || output === null) return null;
  const one = input + read + output;
  const usd = (amount: number) => String(Number(amount.toFixed(9)));
  return {
    input: usd(input * load.requests),
    cached: usd(read * load.requests),
    output: usd(output * load.requests),
    one: usd(one),
    all: usd(one * load.requests),
  };
}

/** The cheapest first, each as who can be asked now offers it, else the cheapest. */
export function priced(
  all: readonly CatalogEntry[],
  names: readonly string[],
  load: PriceLoad,
): PricedModel[] {
  const rank = ({ ready, target }: CatalogEntry) => (ready ? 0 : target !== null ? 1 : 2);
  const offers = new Map<string, CatalogEntry>();
  for (const entry of all) {
    const wanted = names.length > 0 ? names.includes(entry.model) : entry.ready && !entry.local;
    if (!wanted || (names.length === 0 && entry.capabilities.embeddings === true)) continue;
    const best = offers.get(entry.model);
    const closer =
      !best ||
      rank(entry) < rank(best) ||
      (rank(entry) === rank(best) && known(entry.prices.output) < known(best.prices.output));
    if (closer) offers.set(entry.model, entry);
  }
  return [...offers.values()]
    .map((offer) => ({ offer, cost: costOf(offer, load) }))
    .sort((a, b) => Number(a.cost?.all ?? Infinity) - Number(b.cost?.all ?? Infinity));
}
