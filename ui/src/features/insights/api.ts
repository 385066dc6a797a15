import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ipc, type InsightsQuery } from "@/ipc";
import { queryOf, useView } from "./view";

/** Figures are not worth counting anew with every call. */
const FRESH_MS = 30_000;

const options = {
  placeholderData: keepPreviousData,
  staleTime: FRESH_MS,
  refetchInterval: FRESH_MS,
} as const;

/** The present question: it stays the same until something else is looked at, or another hour has begun. */
export function useQuestion(): InsightsQuery {
  const { period, by, only } = useView();
  return queryOf({ period, by, only }, Date.now());
}

export function useSpend(query: InsightsQuery) {
  return useQuery({
    ...options,
    queryKey: ["insights", "spend", query],
    queryFn: () => ipc().spendSeries(query),
  });
}

export function useRequests(query: InsightsQuery) {
  return useQuery({
    ...options,
    queryKey: ["insights", "requests", query],
    queryFn: () => ipc().requestSeries(query),
  });
}

export function useSavings(query: InsightsQuery) {
  return useQuery({
    ...options,
    queryKey: ["insights", "savings", query],
    queryFn: () => ipc().savings(query),
  });
}

export function useBudgets() {
  // Those of folders are set where folders are: they are asked for anew when these change.
  return useQuery({ ...options, queryKey: ["folders", "budgets"], queryFn: () => ipc().listBudgets() });
}
