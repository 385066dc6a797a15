import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { notify } from "@/components/toasts";
import { ipc, reason, type GatewayEdit } from "@/ipc";

const STATUS = ["status", "gateway"];
/** Calls come and go by themselves, and it may be switched elsewhere: how often that is looked at. */
const LOOKS_MS = { on: 2_000, off: 5_000 };

/** How the gateway is. */
export function useGateway() {
  return useQuery({
    queryKey: STATUS,
    queryFn: () => ipc().gatewayStatus(),
    refetchInterval: ({ state }) => (state.data?.url ? LOOKS_MS.on : LOOKS_MS.off),
  });
}

export function useVirtualKeys() {
  return useQuery({ queryKey: ["keys", "virtual"], queryFn: () => ipc().listVirtualKeys() });
}

export function useModels() {
  return useQuery({ queryKey: ["models"], queryFn: () => ipc().listModels() });
}

/** Changes its settings; what cannot be is said, and the settings stay. */
export function useEditGateway() {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const edit = async (change: GatewayEdit): Promise<boolean> => {
    setBusy(true);
    try {
      client.setQueryData(STATUS, await ipc().editGateway(change));
      return true;
    } catch (error) {
      notify({ text: reason(error), tone: "danger" });
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, edit };
}
