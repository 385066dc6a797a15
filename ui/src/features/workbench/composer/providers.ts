import { useQuery } from "@tanstack/react-query";
import { ipc } from "@/ipc";

/** The providers and how they are, for saying why a model cannot be asked. */
export function useProviderStates() {
  return useQuery({ queryKey: ["providers"], queryFn: () => ipc().listProviders() });
}

/** Policies that routes can be asked by. */
export function usePolicies() {
  return useQuery({ queryKey: ["providers", "policies"], queryFn: () => ipc().listPolicies() });
}
