/** The catalog, and the ways from it to a comparison and to the providers. */
import { Models } from "@/features/models";
import { toSettings } from "./commands";
import { compare } from "./start";

export { CatalogItem, ModelsSide } from "@/features/models";

export function ModelsTab() {
  return <Models onAsk={compare} onProviders={(provider) => toSettings("providers", provider)} />;
}
