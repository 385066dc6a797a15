/** What is said of a model as one thing, though several providers offer it: where it is asked, else the cheapest. */
import type { CatalogCard, CatalogEntry, NanoUsd } from "@/ipc";

const known = (price: NanoUsd | null) => (price === null ? Infinity : Number(price));

/** Whose prices and limits stand for the model: who can be asked now, else who is set up, else the cheapest. */
export function offerOf({ offers }: Pick<CatalogCard, "offers">): CatalogEntry | undefined {
  const rank = ({ ready, target }: CatalogEntry) => (ready ? 0 : target !== null ? 1 : 2);
  return offers.toSorted((a, b) => rank(a) - rank(b) || known(a.prices.output) - known(b.prices.output))[0];
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

/** A day or a month as people write it; as it is told where it is neither. */
export function dayText(day: string | null | undefined): string | null {
  if (!day) return null;
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month) return day;
  return new Date(Date.UTC(year, month - 1, date ?? 1)).toLocaleDateString("en-US", {
    timeZone: "UTC",
    year: "numeric",
    month: "short",
    ...(date && { day: "numeric" }),
  });
}
