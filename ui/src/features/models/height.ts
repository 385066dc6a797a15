/** How high the pane below the models is; the window remembers it. */
import { create } from "zustand";
import { ipc } from "@/ipc";
import { PANE } from "@/lib/pane";
import { PREF, remembered } from "./kept";

const USUAL = 324;
const clamp = (px: number) => Math.min(PANE.most, Math.max(PANE.least, Math.round(px)));

const useStore = create<{ height: number }>(() => {
  const kept = remembered();
  return { height: typeof kept === "number" ? clamp(kept) : USUAL };
});

export function useHeight() {
  return {
    height: useStore((s) => s.height),
    set: (px: number) => useStore.setState({ height: clamp(px) }),
    keep: () => void ipc().prefs.set(PREF, useStore.getState().height),
  };
}
