/** Figures, and the ways from them to the calls, conversations and settings that they are of. */
import { Insights, InsightsSide, type CallsWanted } from "@/features/insights";
import { listThese } from "@/features/traffic";
import { toSettings } from "./commands";
import { openNew, openRatings, openTraffic } from "./tabs";

export function InsightsTab() {
  return <Insights onCalls={toCalls} onNew={openNew} onBudgets={() => toSettings("gateway")} />;
}

export const Side = () => <InsightsSide onRatings={openRatings} />;

/** Leads to the calls that a figure is of, wherever they came from. */
function toCalls(wanted: CallsWanted): void {
  listThese(wanted);
  openTraffic();
}
