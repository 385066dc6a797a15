/** What of the frame is open, and how wide it is. */
import { create } from "zustand";
import { ipc } from "@/ipc";

type Pane = { open: boolean; width: number };
export type PaneName = "side" | "inspector";

type Frame = {
  side: Pane;
  inspector: Pane;
  /** The pane that lies over the content, where there is no room beside it. */
  overlay: PaneName | null;
  palette: boolean;
  /** Whether to offer to fold panes where columns want their room. */
  offersRoom: boolean;
};

/** From here on panes lie over the content. */
export const NARROW = "(max-width: 1100px)";
const OFFER = "offerRoom";
const PREFS: Record<PaneName, string> = { side: "sidebar", inspector: "inspector" };
export const WIDTHS: Record<PaneName, { min: number; max: number; usual: number }> = {
  side: { min: 240, max: 360, usual: 244 },
  inspector: { min: 280, max: 420, usual: 284 },
};

export const useFrame = create<Frame>(() => ({
  side: { open: true, width: WIDTHS.side.usual },
  inspector: { open: false, width: WIDTHS.inspector.usual },
  overlay: null,
  palette: false,
  offersRoom: true,
}));

export function rememberFrame(kept: Record<string, unknown>): void {
  if (kept[OFFER] === false) useFrame.setState({ offersRoom: false });
  for (const pane of ["side", "inspector"] as const) {
    const value = kept[PREFS[pane]];
    if (typeof value !== "object" || value === null) continue;
    const { open, width } = value as Partial<Pane>;
    useFrame.setState((frame) => ({
      [pane]: {
        open: typeof open === "boolean" ? open : frame[pane].open,
        width: clamp(pane, typeof width === "number" ? width : WIDTHS[pane].usual),
      },
    }));
  }
}

const keep = (pane: PaneName) => void ipc().prefs.set(PREFS[pane], useFrame.getState()[pane]);

export function toggle(pane: PaneName): void {
  if (matchMedia(NARROW).matches) {
    useFrame.setState(({ overlay }) => ({ overlay: overlay === pane ? null : pane }));
    return;
  }
  useFrame.setState((frame) => ({ [pane]: { ...frame[pane], open: !frame[pane].open } }));
  keep(pane);
}

export const toggleSide = () => toggle("side");
export const toggleInspector = () => toggle("inspector");

/** Makes a pane visible, beside the content or over it. */
export function reveal(pane: PaneName): void {
  const { overlay, [pane]: state } = useFrame.getState();
  if (matchMedia(NARROW).matches ? overlay !== pane : !state.open) toggle(pane);
}

/** Folds the panes that stand beside the content. */
export function foldPanes(): void {
  for (const pane of ["side", "inspector"] as const) if (useFrame.getState()[pane].open) toggle(pane);
}

/** They stay, and nobody asks again. */
export function refuseRoom(): void {
  useFrame.setState({ offersRoom: false });
  void ipc().prefs.set(OFFER, false);
}

export function closeOverlay(): void {
  if (useFrame.getState().overlay) useFrame.setState({ overlay: null });
}

/** `done`: the new width is remembered. */
export function resize(pane: PaneName, width: number, done: boolean): void {
  useFrame.setState((frame) => ({ [pane]: { ...frame[pane], width: clamp(pane, width) } }));
  if (done) keep(pane);
}

const clamp = (pane: PaneName, width: number) =>
  Math.min(WIDTHS[pane].max, Math.max(WIDTHS[pane].min, Math.round(width)));
