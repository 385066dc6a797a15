import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ipc, type Policy, type RouteTrial } from "@/ipc";

/** Breakers open and limits fill by themselves: nobody tells of each. */
const LOOK_MS = 2_000;
/** So long after the last change a draft is weighed: by then the hand rests. */
const REST_MS = 120;
const WEEK_MS = 7 * 86_400_000;

/** Policies are settings: they are asked for anew when these change, here or by hand. */
export function usePolicies() {
  return useQuery({ queryKey: ["providers", "policies"], queryFn: () => ipc().listPolicies() });
}

/** What would be chosen; by a draft, where one is given. What stands is kept until the next is known. */
export function useTrial(trial: RouteTrial, draft: Policy | null) {
  const question = useRested(JSON.stringify({ trial, draft }));
  return useQuery({
    queryKey: ["routing", "decide", question],
    queryFn: () => {
      const { trial, draft } = JSON.parse(question) as { trial: RouteTrial; draft: Policy | null };
      return ipc().tryRoute(trial, draft);
    },
    placeholderData: keepPreviousData,
    // What was learned meanwhile counts.
    staleTime: 0,
    gcTime: 10_000,
    retry: false,
  });
}

/** A value once it has not changed for a moment. */
function useRested(value: string): string {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}

export function useBreakers(often = true) {
  return useQuery({
    queryKey: ["routing", "breakers"],
    queryFn: () => ipc().listBreakers(),
    refetchInterval: often ? LOOK_MS : 5_000,
  });
}

export function useLimits() {
  return useQuery({
    queryKey: ["routing", "limits"],
    queryFn: () => ipc().listLimits(),
    refetchInterval: LOOK_MS,
  });
}

export function useFaults(often = true) {
  return useQuery({
    queryKey: ["routing", "faults"],
    queryFn: () => ipc().listSimulations(),
    refetchInterval: often ? LOOK_MS : 5_000,
  });
}

export function useLearned() {
  return useQuery({
    queryKey: ["routing", "learned", 0],
    queryFn: () => ipc().listLearned(0),
    refetchInterval: 10_000,
  });
}

/** The same with how it moved in the last so many hours; of none nothing is asked. */
export function useCourse(hours: number) {
  return useQuery({
    queryKey: ["routing", "learned", hours],
    queryFn: () => ipc().listLearned(hours),
    enabled: hours > 0,
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  });
}

/** What routes chose within the last week. */
export function useAnalytics() {
  return useQuery({
    queryKey: ["routing", "analytics"],
    queryFn: () => {
      const now = Date.now();
      return ipc().routeAnalytics(new Date(now - WEEK_MS).toISOString(), new Date(now).toISOString());
    },
    refetchInterval: 30_000,
  });
}

/** Whom one can name: all that can be asked, made-up ones too. */
export function useTargets() {
  return useQuery({ queryKey: ["models"], queryFn: () => ipc().listModels() });
}
