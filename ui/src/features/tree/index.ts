export { TreePanel } from "./TreePanel";
export { TreeTab } from "./TreeTab";
export { showHits } from "./store";
