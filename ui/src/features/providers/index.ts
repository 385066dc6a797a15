import { lazy } from "react";

export { useProviders } from "./api";
export { Welcome } from "./Welcome";
/** Loaded when it is opened first. */
export const ProvidersDialog = lazy(() => import("./ProvidersDialog"));
