/** How high the pane below the list is; the window remembers it. */
import { create } from "zustand";
import { ipc } from "@/ipc";
import { PANE } from "@/lib/pane";

const PREF = "trafficPane";

const useStore = create<{ height: number }>(() => ({ height: 344 }));

export function rememberTraffic(kept: Record<string, unknown>): void {
  const height = kept[PREF];
  if (typeof height === "number") useStore.setState({ height: clamp(height) });
}

const clamp = (px: number) => Math.min(PANE.most, Math.max(PANE.least, Math.round(px)));

export function useHeight() {
  return {
    height: useStore((s) => s.height),
    set: (px: number) => useStore.setState({ height: clamp(px) }),
    keep: () => void ipc().prefs.set(PREF, useStore.getState().height),
  };
}
