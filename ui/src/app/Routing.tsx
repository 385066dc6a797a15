/** Routes, and the way from them to the providers that they choose from. */
import { Routing } from "@/features/routing";
import { toSettings } from "./commands";

export { RoutingItem, RoutingSide, saveDraft, showPage, type RoutingPage } from "@/features/routing";

export const RoutingTab = () => <Routing onProviders={() => toSettings("providers")} />;
