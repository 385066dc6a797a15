export { Insights } from "./Insights";
export { InsightsSide } from "./InsightsSide";
export type { CallsWanted } from "./calls";
export { rememberInsights } from "./kept";
