/** Which columns' parameters are being looked at. */
import { create } from "zustand";
import type { BranchId } from "@/ipc";

type State = {
  open: boolean;
  /** A column that was asked for; by its place, where it has no branch yet. */
  column: { branch: BranchId } | { place: number } | null;
};

export const useParameters = create<State>(() => ({ open: false, column: null }));

/** Opens system text and parameters: of one column, or of all. */
export function openParameters(branch?: BranchId | null): void {
  useParameters.setState({ open: true, column: typeof branch === "string" ? { branch } : null });
}

export function openParametersOfPlace(place: number): void {
  useParameters.setState({ open: true, column: { place } });
}
