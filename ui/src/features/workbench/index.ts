export { findNext, findPrevious, openFind } from "./find/find";
export { focusColumn, focusPrompt, openPicker, stopAll } from "./focus";
export { attachFiles } from "./composer/attachments";
export { rememberComposer, setSendWith, useSendWith, type SendWith } from "./composer/preferences";
export { askOnly, MOST_TARGETS, setLineup } from "./lineup";
export { openParameters } from "./parameters";
export { rememberColumns } from "./columns";
export { useLiveCount } from "./live";
export {
  addTarget,
  copyAllAnswers,
  maximiseColumn,
  moveColumn,
  regenerateAll,
  retryFailed,
  toggleScrollTogether,
} from "./turnActions";
export { AnswerInspector } from "./inspector";
export { Workbench } from "./Workbench";
