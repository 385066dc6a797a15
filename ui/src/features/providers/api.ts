import { useQuery } from "@tanstack/react-query";
import { ipc } from "@/ipc";

export function useProviders() {
  return useQuery({ queryKey: ["providers"], queryFn: () => ipc().listProviders() });
}
