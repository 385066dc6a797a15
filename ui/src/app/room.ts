import { useMemo, useSyncExternalStore } from "react";
import type { Room } from "@/features/workbench";
import { foldPanes, NARROW, refuseRoom, useFrame } from "./frame";

const narrow = matchMedia(NARROW);

function onNarrow(tell: () => void): () => void {
  narrow.addEventListener("change", tell);
  return () => narrow.removeEventListener("change", tell);
}

/** What can be folded so that columns have more room; `null` where nothing can, or nobody wants to be asked. */
export function useRoom(): Room | null {
  const overlays = useSyncExternalStore(onNarrow, () => narrow.matches);
  const side = useFrame((frame) => frame.side.open);
  const inspector = useFrame((frame) => frame.inspector.open);
  const offers = useFrame((frame) => frame.offersRoom);
  return useMemo(() => {
    const panes = [side && "side bar", inspector && "inspector"].filter(Boolean).join(" and ");
    return panes && offers && !overlays ? { panes, make: foldPanes, refuse: refuseRoom } : null;
  }, [side, inspector, offers, overlays]);
}
