export { useKeyPlaces, useProviders } from "./api";
export { ProvidersPage } from "./ProvidersPage";
export { Welcome } from "./Welcome";
export { NewConversation } from "./NewConversation";
