export { conversationOfCall, copyCallAs, replayCall } from "./acts";
export { clearFilters, listThese, look, togglePause } from "./filters";
export { rememberTraffic } from "./height";
export { Traffic } from "./Traffic";
export { TrafficSide } from "./TrafficSide";
