export { landOn, type Landing } from "./find/landing";
export { findNext, findPrevious, openFind } from "./find/find";
export {
  bookmarkHere,
  deleteHere,
  deletePromptHere,
  diffHere,
  editAnswerHere,
  editPromptHere,
  forkBesideHere,
  forkHere,
  openMerge,
} from "./branching/acts";
export { openDialog } from "./branching/dialogs";
export { focusColumn, focusPrompt, openPicker, stopAll } from "./focus";
export { promptReady } from "./composer/Composer";
export { attachFiles } from "./composer/attachments";
export { freshDrafts } from "./composer/drafts";
export { rememberComposer, setSendWith, useSendWith, type SendWith } from "./composer/preferences";
export { askOnly, MOST_TARGETS, setLineup } from "./lineup";
export { heartHere, openJudge, takeBackHere, toggleBlindHere, voteHere } from "./judging/acts";
export { NamesHidden } from "./judging/NamesHidden";
export { rememberJudging, toggleBar } from "./judging/store";
export { leadTo } from "./led";
export { openParameters } from "./parameters";
export { rememberColumns, type Room } from "./columns";
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
