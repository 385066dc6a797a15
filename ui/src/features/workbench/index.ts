export { focusColumn, focusPrompt, openPicker, stopAll } from "./focus";
export { MOST_TARGETS, rememberLineup, setLineup } from "./lineup";
export { useLiveCount } from "./live";
export { Workbench } from "./Workbench";
