export { rememberModels, showPage, type Page } from "./kept";
export { Models } from "./Models";
export { ModelsSide } from "./ModelsSide";
export { CatalogItem } from "./StatusItem";
