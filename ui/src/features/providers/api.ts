import { useQuery } from "@tanstack/react-query";
import { ipc } from "@/ipc";

export { attempt } from "@/components/tried";

export function useProviders() {
  return useQuery({ queryKey: ["providers"], queryFn: () => ipc().listProviders() });
}

/** Where keys can be kept, as far as it is known without asking the keychain. */
export function useKeyPlaces() {
  return useQuery({ queryKey: ["keys", "places"], queryFn: () => ipc().keyPlaces() });
}

export function useEnvironmentKeys() {
  return useQuery({ queryKey: ["keys", "environment"], queryFn: () => ipc().environmentKeys() });
}

export function usePresets() {
  return useQuery({ queryKey: ["presets"], queryFn: () => ipc().presets() });
}

/** Model servers on this machine; `refetch` looks again. */
export function useLocalServers() {
  return useQuery({ queryKey: ["local"], queryFn: () => ipc().localServers() });
}
