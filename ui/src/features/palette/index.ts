import { lazy } from "react";

export type { PaletteEntry } from "./Palette";
/** Loaded when it is opened first. */
export const Palette = lazy(() => import("./Palette"));
