/** What of the frame is open, and how wide it is. */
import { create } from "zustand";
import { ipc } from "@/ipc";

const PREF = "sidebar";
const NARROW = "(max-width: 1100px)";

type Frame = {
  side: { open: boolean; width: number };
  /** Over the content, where there is no room beside it. */
  overlay: boolean;
  palette: boolean;
  providers: { open: boolean; first: string | null };
};

export const SIDE = { min: 240, max: 360, usual: 244 };

export const useFrame = create<Frame>(() => ({
  side: { open: true, width: SIDE.usual },
  overlay: false,
  palette: false,
  providers: { open: false, first: null },
}));

export function rememberFrame(kept: unknown): void {
  if (typeof kept !== "object" || kept === null) return;
  const { open, width } = kept as Partial<Frame["side"]>;
  useFrame.setState({
    side: { open: open !== false, width: clamp(typeof width === "number" ? width : SIDE.usual) },
  });
}

export function toggleSide(): void {
  if (matchMedia(NARROW).matches) {
    useFrame.setState(({ overlay }) => ({ overlay: !overlay }));
    return;
  }
  useFrame.setState(({ side }) => ({ side: { ...side, open: !side.open } }));
  void ipc().prefs.set(PREF, useFrame.getState().side);
}

export function resizeSide(width: number, done: boolean): void {
  useFrame.setState(({ side }) => ({ side: { ...side, width: clamp(width) } }));
  if (done) void ipc().prefs.set(PREF, useFrame.getState().side);
}

export function openProviders(first: string | null = null): void {
  useFrame.setState({ providers: { open: true, first } });
}

const clamp = (width: number) => Math.min(SIDE.max, Math.max(SIDE.min, Math.round(width)));
