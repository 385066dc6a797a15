export { ExportDialog } from "./ExportDialog";
export { ExportSection } from "./ExportSection";
export { ImportSection } from "./ImportSection";
export { pickFiles } from "./api";
