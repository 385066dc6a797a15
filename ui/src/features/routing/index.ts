export { saveDraft } from "./acts";
export { Routing } from "./Routing";
export { RoutingSide } from "./RoutingSide";
export { RoutingItem } from "./StatusItem";
export { showPage, type Page as RoutingPage } from "./view";
