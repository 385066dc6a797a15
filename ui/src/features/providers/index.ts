export { useProviders } from "./api";
export { ProvidersDialog } from "./ProvidersDialog";
export { Welcome } from "./Welcome";
