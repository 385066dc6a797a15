/** Everything that the window can do: one table for the palette, the keys, the hints and the shortcuts page. */
import { undoLast } from "@/components/toasts";
import { newFolder } from "@/features/conversations";
import { copyAddress, issueKey, switchGateway } from "@/features/gateway";
import { showPage, type Page } from "@/features/models";
import { section, type SectionId } from "@/features/settings";
import {
  clearFilters,
  conversationOfCall,
  copyCallAs,
  look,
  replayCall,
  togglePause,
} from "@/features/traffic";
import {
  MOST_TARGETS,
  addTarget,
  askOnly,
  attachFiles,
  bookmarkHere,
  copyAllAnswers,
  deleteHere,
  deletePromptHere,
  diffHere,
  editAnswerHere,
  editPromptHere,
  findNext,
  findPrevious,
  focusColumn,
  focusPrompt,
  forkBesideHere,
  forkHere,
  heartHere,
  maximiseColumn,
  moveColumn,
  openFind,
  openJudge,
  openMerge,
  openParameters,
  openPicker,
  regenerateAll,
  retryFailed,
  stopAll,
  takeBackHere,
  toggleBar,
  toggleBlindHere,
  toggleScrollTogether,
  voteHere,
} from "@/features/workbench";
import { toWorkbench } from "./ActivityBar";
import { exportOpen, exportThese, importFiles } from "./exporting";
import type { RoutingPage } from "./Routing";
import { reveal, toggleInspector, toggleSide, useFrame } from "./frame";
import { compareSimulated } from "./start";
import { toConversation } from "./toConversation";
import { showTree } from "./Tree";
import {
  activeTab,
  closeOthers,
  closeTab,
  openInsights,
  openModels,
  openNew,
  openRatings,
  openRouting,
  openSettings,
  openTraffic,
  openWelcome,
  reopenTab,
  shiftTab,
  stands,
  stepTab,
  useTabs,
} from "./tabs";
import { setTheme } from "./theme";

export type Command = {
  id: string;
  title: string;
  /** Quieter words beside it. */
  hint?: string;
  /** As `Mod+Shift+P`; `Mod` is Ctrl, on a Mac ⌘. */
  keys?: string;
  /** Further keys that do the same. */
  also?: string[];
  /** Runs in front of a dialog too, since it has to do with nothing behind it, or must not wait. */
  global?: true;
  /** A key that is held runs it again and again. */
  repeats?: true;
  run: () => void;
};

export function toSettings(id: SectionId = "providers", provider?: string): void {
  section(id, provider);
  openSettings();
}

export const commands: readonly Command[] = [
  {
    id: "conversation.new",
    title: "New conversation",
    keys: "Mod+N",
    also: ["Mod+T"],
    run: () => {
      openNew();
      focusPrompt();
    },
  },
  { id: "prompt.focus", title: "Go to the prompt", keys: "Mod+L", run: inWorkbench(focusPrompt) },
  { id: "targets.pick", title: "Choose models", keys: "Mod+M", run: inWorkbench(() => openPicker()) },
  { id: "prompt.attach", title: "Attach files", keys: "Mod+Shift+A", run: inWorkbench(attachFiles) },
  {
    id: "parameters.open",
    title: "System text and parameters",
    keys: "Mod+Shift+Y",
    run: inWorkbench(() => openParameters()),
  },
  { id: "scope.all", title: "Ask all columns", hint: "the next prompt", run: () => askOnly(null) },
  { id: "turn.add", title: "Add a model to this turn", keys: "Mod+Shift+M", run: addTarget },
  { id: "answers.again", title: "Regenerate all answers", keys: "Mod+Shift+R", run: regenerateAll },
  { id: "answers.retry", title: "Retry the answers that failed", run: retryFailed },
  { id: "answers.copy", title: "Copy all answers as a table", run: copyAllAnswers },
  { id: "column.alone", title: "Show this column alone, or all", keys: "Mod+J", run: maximiseColumn },
  { id: "column.left", title: "Move this column left", repeats: true, run: () => moveColumn(-1) },
  { id: "column.right", title: "Move this column right", repeats: true, run: () => moveColumn(1) },
  { id: "columns.together", title: "Scroll columns together, or not", run: toggleScrollTogether },
  { id: "find.open", title: "Find in conversation", keys: "Mod+F", run: inWorkbench(openFind) },
  {
    id: "find.next",
    title: "Find the next hit",
    keys: "F3",
    also: ["Mod+G"],
    repeats: true,
    run: inWorkbench(findNext),
  },
  {
    id: "find.previous",
    title: "Find the previous hit",
    keys: "Shift+F3",
    also: ["Mod+Shift+G"],
    repeats: true,
    run: inWorkbench(findPrevious),
  },
  { id: "prompt.edit", title: "Edit the prompt", keys: "Mod+E", run: inWorkbench(editPromptHere) },
  { id: "answer.edit", title: "Edit the answer", hint: "of this column", run: inWorkbench(editAnswerHere) },
  { id: "answer.fork", title: "Fork here", keys: "Mod+Shift+B", run: inWorkbench(forkHere) },
  { id: "answer.forkBeside", title: "Fork here, beside the others", run: inWorkbench(forkBesideHere) },
  { id: "answers.compare", title: "Compare two answers", keys: "Mod+D", run: inWorkbench(diffHere) },
  { id: "answers.merge", title: "Merge answers", keys: "Mod+Shift+E", run: inWorkbench(openMerge) },
  { id: "answer.bookmark", title: "Bookmark this answer", run: inWorkbench(bookmarkHere) },
  { id: "answer.delete", title: "Delete from this answer on", run: inWorkbench(deleteHere) },
  { id: "prompt.delete", title: "Delete from this prompt on", run: inWorkbench(deletePromptHere) },
  {
    id: "names.hide",
    title: "Hide names until I vote, or show them",
    hint: "blind",
    keys: "Mod+Shift+H",
    run: inWorkbench(toggleBlindHere),
  },
  { id: "vote.row", title: "Show or hide the votes", run: inWorkbench(toggleBar) },
  { id: "vote.left", title: "Vote: the left answer", keys: "Alt+1", run: inWorkbench(() => voteHere("a")) },
  { id: "vote.tie", title: "Vote: a tie", keys: "Alt+2", run: inWorkbench(() => voteHere("tie")) },
  { id: "vote.bad", title: "Vote: both bad", keys: "Alt+3", run: inWorkbench(() => voteHere("bothBad")) },
  { id: "vote.right", title: "Vote: the right answer", keys: "Alt+4", run: inWorkbench(() => voteHere("b")) },
  { id: "vote.best", title: "Vote: this answer is the best", keys: "Alt+5", run: inWorkbench(heartHere) },
  { id: "vote.back", title: "Take the vote back", run: inWorkbench(takeBackHere) },
  {
    id: "answers.judge",
    title: "Which answer is better, and why",
    hint: "asks a judge",
    keys: "Mod+Shift+J",
    run: inWorkbench(() => void openJudge()),
  },
  { id: "ratings.open", title: "Ratings", hint: "models by your votes", run: openRatings },
  { id: "tree.open", title: "Tree of this conversation", keys: "Mod+Shift+L", run: showTree },
  {
    id: "undo.last",
    title: "Undo the last step",
    hint: "a deletion, a move, a fork",
    keys: "Mod+Alt+Z",
    run: undoLast,
  },
  { id: "answers.stop", title: "Stop all answers", keys: "Ctrl+Shift+Escape", global: true, run: stopAll },
  {
    id: "simulated.compare",
    title: "Compare simulated models",
    hint: "no account, no network",
    run: compareSimulated,
  },
  { id: "tab.close", title: "Close the tab", keys: "Mod+W", run: () => closeTab(useTabs.getState().active) },
  { id: "tab.others", title: "Close the other tabs", run: () => closeOthers(useTabs.getState().active) },
  { id: "tab.reopen", title: "Reopen the closed tab", keys: "Mod+Shift+T", run: reopenTab },
  {
    id: "tab.next",
    title: "Next tab",
    keys: "Ctrl+Tab",
    also: ["Ctrl+PageDown"],
    repeats: true,
    run: () => stepTab(1),
  },
  {
    id: "tab.previous",
    title: "Previous tab",
    keys: "Ctrl+Shift+Tab",
    also: ["Ctrl+PageUp"],
    repeats: true,
    run: () => stepTab(-1),
  },
  {
    id: "tab.left",
    title: "Move the tab to the left",
    keys: "Ctrl+Shift+PageUp",
    repeats: true,
    run: () => shiftTab(-1),
  },
  {
    id: "tab.right",
    title: "Move the tab to the right",
    keys: "Ctrl+Shift+PageDown",
    repeats: true,
    run: () => shiftTab(1),
  },
  { id: "side.toggle", title: "Show or hide the side bar", keys: "Mod+B", run: toggleSide },
  {
    id: "inspector.toggle",
    title: "Show or hide the inspector",
    keys: "Mod+Alt+I",
    run: inWorkbench(toggleInspector),
  },
  {
    id: "search.focus",
    title: "Search conversations",
    hint: "titles and messages",
    keys: "Mod+Shift+F",
    run: focusSearch,
  },
  {
    id: "folder.new",
    title: "New folder",
    run: () => {
      toList();
      newFolder();
    },
  },
  {
    id: "conversations.import",
    title: "Import conversations",
    hint: "ChatGPT, Claude, Open WebUI, LibreChat",
    run: importFiles,
  },
  { id: "conversation.export", title: "Export this conversation", run: exportOpen },
  { id: "conversations.export", title: "Export all conversations", run: () => exportThese([]) },
  {
    id: "traffic.open",
    title: "Traffic",
    hint: "calls through the gateway",
    keys: "Mod+Shift+K",
    run: openTraffic,
  },
  {
    id: "routing.open",
    title: "Routing",
    hint: "policies, try a prompt, breakers, learning, simulated faults",
    keys: "Mod+Shift+O",
    run: openRouting,
  },
  { id: "routing.save", title: "Routing: save the policy", keys: "Mod+S", run: savePolicy },
  { id: "routing.try", title: "Routing: try a prompt", run: inRouting("try") },
  {
    id: "routing.health",
    title: "Routing: breakers and limits",
    run: inRouting("health"),
  },
  { id: "routing.learned", title: "Routing: what was learned", run: inRouting("learned") },
  { id: "routing.faults", title: "Routing: simulate a fault", run: inRouting("faults") },
  {
    id: "insights.open",
    title: "Insights",
    hint: "cost, latency, errors, savings, budgets",
    keys: "Mod+Shift+U",
    run: openInsights,
  },
  {
    id: "models.open",
    title: "Models",
    hint: "catalog: prices, limits, scores",
    keys: "Mod+Shift+Y",
    run: toModels("list"),
  },
  { id: "models.rankings", title: "Models: rankings", run: toModels("rankings") },
  { id: "models.cost", title: "Models: price calculator", run: toModels("cost") },
  { id: "models.own", title: "Models: your models and prices", run: toModels("own") },
  { id: "models.names", title: "Models: doubtful names", run: toModels("names") },
  { id: "models.sources", title: "Models: sources and sync", run: toModels("sources") },
  { id: "traffic.pause", title: "Pause the traffic, or follow it", run: inTraffic(togglePause) },
  { id: "traffic.clear", title: "Traffic: clear filters", run: inTraffic(clearFilters) },
  { id: "traffic.close", title: "Traffic: close the call", run: inTraffic(() => look(null)) },
  {
    id: "traffic.conversation",
    title: "Traffic: open the call as conversation",
    run: inTraffic(() => void conversationOfCall().then((call) => call && toConversation(call))),
  },
  {
    id: "traffic.replay",
    title: "Traffic: replay the call with other models",
    run: inTraffic(() => void replayCall()),
  },
  {
    id: "traffic.curl",
    title: "Traffic: copy the call as curl",
    run: inTraffic(() => void copyCallAs("curl")),
  },
  {
    id: "traffic.python",
    title: "Traffic: copy the call as Python",
    run: inTraffic(() => void copyCallAs("Python")),
  },
  {
    id: "traffic.typescript",
    title: "Traffic: copy the call as TypeScript",
    run: inTraffic(() => void copyCallAs("TypeScript")),
  },
  {
    id: "gateway.switch",
    title: "Switch the gateway on or off",
    run: () => void switchGateway(),
  },
  { id: "gateway.address", title: "Copy the gateway’s address", run: () => void copyAddress() },
  {
    id: "keys.issue",
    title: "Issue a key for a tool",
    hint: "virtual key of the gateway",
    run: () => {
      toSettings("gateway");
      issueKey();
    },
  },
  { id: "welcome.open", title: "Welcome", hint: "connect a model", run: openWelcome },
  {
    id: "settings.providers",
    title: "Settings: providers and keys",
    keys: "Mod+,",
    run: () => toSettings("providers"),
  },
  {
    id: "settings.gateway",
    title: "Settings: gateway",
    hint: "switch, port, keys, tools",
    run: () => toSettings("gateway"),
  },
  {
    id: "settings.data",
    title: "Settings: data",
    hint: "import, export, back up, check, erase",
    run: () => toSettings("data"),
  },
  { id: "settings.appearance", title: "Settings: appearance", run: () => toSettings("appearance") },
  { id: "settings.shortcuts", title: "Settings: shortcuts", run: () => toSettings("shortcuts") },
  { id: "settings.about", title: "About Orchesity", run: () => toSettings("about") },
  { id: "theme.system", title: "Theme: as the system", run: () => setTheme("system") },
  { id: "theme.dark", title: "Theme: dark", run: () => setTheme("dark") },
  { id: "theme.light", title: "Theme: light", run: () => setTheme("light") },
  ...Array.from({ length: MOST_TARGETS }, (_, i) => ({
    id: `column.${i + 1}`,
    title: `Go to column ${i + 1}`,
    keys: `Mod+${i + 1}`,
    run: () => focusColumn(i + 1),
  })),
  {
    id: "palette.open",
    title: "All commands",
    keys: "Mod+K",
    also: ["Mod+Shift+P"],
    global: true,
    run: () => useFrame.setState({ palette: true }),
  },
];

/** What belongs to the workbench leads there first. */
function inWorkbench(act: () => void): () => void {
  return () => {
    if (stands(activeTab(useTabs.getState()))) toWorkbench();
    act();
  };
}

/** A page of the catalog. */
function toModels(page: Page): () => void {
  return () => {
    openModels();
    showPage(page);
  };
}

/** A page of the routes. */
function inRouting(page: RoutingPage): () => void {
  return () => {
    openRouting();
    void import("./Routing").then(({ showPage }) => showPage(page));
  };
}

/** Elsewhere there is nothing to save: everything is saved as it comes. */
function savePolicy(): void {
  if (activeTab(useTabs.getState()).kind === "routing")
    void import("./Routing").then(({ saveDraft }) => saveDraft());
}

/** What belongs to the traffic leads there first. */
function inTraffic(act: () => void): () => void {
  return () => {
    openTraffic();
    act();
  };
}

/** The list of conversations is shown. */
function toList(): void {
  if (stands(activeTab(useTabs.getState()))) toWorkbench();
  reveal("side");
}

function focusSearch(): void {
  toList();
  // After what is being rendered now.
  setTimeout(() => document.querySelector<HTMLElement>("[aria-label='Search conversations']")?.focus());
}
