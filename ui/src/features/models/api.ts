import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { tried } from "@/components/tried";
import { notify } from "@/components/toasts";
import { ipc, type CatalogSync, type PriceLoad, type PromptClass, type RankBy } from "@/ipc";
import { counted } from "@/lib/sizes";
import { queryOf, useView } from "./view";

/** What is known of models hangs on the catalog, and on who can be asked. */
const key = (...of: unknown[]) => ["models", "catalog", ...of];
/** Where it is from does not. */
const ofLists = (...of: unknown[]) => ["catalog", ...of];

/** Models that fit what is chosen; while they are looked for, those that fitted before. */
export function useFound() {
  const filters = useView((view) => view.filters);
  const query = useDeferredValue(queryOf(filters));
  return useQuery({
    queryKey: key("found", query),
    queryFn: () => ipc().findCatalog(query),
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  });
}

/** Every model, whatever is filtered. */
export function useAll() {
  return useQuery({ queryKey: key("found", "all"), queryFn: () => ipc().findCatalog({}) });
}

export function useCards(names: readonly string[]) {
  return useQuery({
    queryKey: key("cards", names),
    queryFn: () => ipc().catalogCards([...names]),
    placeholderData: keepPreviousData,
    enabled: names.length > 0,
  });
}

export function useHistory(name: string) {
  return useQuery({ queryKey: key("history", name), queryFn: () => ipc().modelHistory(name) });
}

/** What so much would cost, with these models or with all that can be asked now. */
export function usePriced(names: readonly string[], load: PriceLoad) {
  return useQuery({
    queryKey: key("priced", names, load),
    queryFn: () => ipc().priceModels([...names], load),
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  });
}

export function useRankings(by: RankBy, of: PromptClass) {
  return useQuery({
    queryKey: key("ranked", by, of),
    queryFn: () => ipc().rankModels(by, of),
    placeholderData: keepPreviousData,
  });
}

export function useCatalogState() {
  return useQuery({
    queryKey: ofLists("state"),
    queryFn: () => ipc().catalogState(),
    refetchInterval: 60_000,
  });
}

export function useHeld() {
  return useQuery({ queryKey: ofLists("held"), queryFn: () => ipc().heldPrices() });
}

export function useDoubts() {
  return useQuery({ queryKey: ofLists("doubts"), queryFn: () => ipc().doubtfulNames() });
}

export function useNames() {
  return useQuery({ queryKey: ofLists("names"), queryFn: () => ipc().modelNames() });
}

export function useOwn() {
  return useQuery({ queryKey: ofLists("own"), queryFn: () => ipc().ownFigures() });
}

/** Something that changes the catalog; everything of it is read again. */
export function useChange<T, R>(act: (value: T) => Promise<R>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (value: T) => tried(() => act(value)),
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: key() }),
        queries.invalidateQueries({ queryKey: ofLists() }),
      ]),
  });
}

/** What a list changed, in a line. */
export function syncedText({ source, unchanged, models, changed, held, skipped }: CatalogSync): string {
  if (unchanged) return `${source}: nothing new`;
  const words = [counted(models, "model")];
  if (changed > 0) words.push(`${counted(changed, "price")} changed`);
  if (held > 0) words.push(`${held} waiting for your yes`);
  if (skipped > 0) words.push(`${counted(skipped, "row")} left out`);
  return `${source}: ${words.join(", ")}`;
}

/** Asks for all known lists, and says what came of it. */
export function useSync() {
  return useChange(async () => {
    const lists = await ipc().syncCatalog();
    const failed = lists.filter(({ done }) => done === null);
    const models = lists.reduce((sum, { done }) => sum + (done?.models ?? 0), 0);
    const held = lists.reduce((sum, { done }) => sum + (done?.held ?? 0), 0);
    if (failed.length === lists.length)
      notify({ text: `No list could be taken: ${failed[0]?.problem ?? "unknown"}`, tone: "danger" });
    else if (failed.length > 0)
      notify({
        text: `${counted(lists.length - failed.length, "list")} taken, ${failed.map(({ source }) => source).join(", ")} failed`,
        tone: "warn",
      });
    else
      notify({
        text:
          models === 0
            ? "All lists are as they were"
            : `${counted(models, "model")} taken${held > 0 ? `, ${held} prices wait for your yes` : ""}`,
      });
    return lists;
  });
}
