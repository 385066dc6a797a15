/** The open tabs. A conversation is open once, and so is everything else: what a tab shows is its name. */
import { create } from "zustand";
import { ipc, type ConversationId } from "@/ipc";

export type Tab =
  | { id: string; kind: "conversation"; conversation: ConversationId }
  | { id: string; kind: "tree"; conversation: ConversationId }
  | { id: string; kind: Only };

/** What is open once, if at all. */
type Only = "insights" | "models" | "new" | "ratings" | "routing" | "settings" | "traffic" | "welcome";

/** What belongs to no conversation: its tab is not taken by one. */
export const stands = ({ kind }: Tab): boolean =>
  kind === "insights" || kind === "models" || kind === "routing" || kind === "settings" || kind === "traffic";

const onlyOnce: readonly Only[] = [
  "insights",
  "models",
  "new",
  "ratings",
  "routing",
  "settings",
  "traffic",
  "welcome",
];

type State = {
  tabs: readonly Tab[];
  active: string;
  /** Closed ones, the last one last. */
  closed: readonly Tab[];
};

const PREF = "tabs";
const MOST_CLOSED = 20;
const only = (kind: Only): Tab => ({ id: kind, kind });
const about = (conversation: ConversationId): Tab => ({
  id: conversation,
  kind: "conversation",
  conversation,
});

const treeOf = (conversation: ConversationId): Tab => ({
  id: `tree:${conversation}`,
  kind: "tree",
  conversation,
});

export const useTabs = create<State>(() => ({ tabs: [only("welcome")], active: "welcome", closed: [] }));

export const activeTab = ({ tabs, active }: Pick<State, "tabs" | "active">): Tab =>
  tabs.find((tab) => tab.id === active) ?? only("new");

/**
 * Takes up what was open. `conversation` is what windows remembered that had no tabs yet. When somebody has `begun` to
 * work in what is open now, that stays, beside what was open.
 */
export function rememberTabs(kept: unknown, conversation: unknown, begun = false): void {
  const { tabs: now, active } = useTabs.getState();
  takeUp(kept, conversation);
  const { tabs } = useTabs.getState();
  if (begun && tabs !== now)
    change(() => ({
      tabs: [...tabs, ...now.filter(({ id }) => !tabs.some((tab) => tab.id === id))],
      active,
    }));
  else if (begun) change(() => ({}));
}

function takeUp(kept: unknown, conversation: unknown): void {
  if (typeof kept === "object" && kept !== null && "tabs" in kept && Array.isArray(kept.tabs)) {
    const known = new Map(
      (kept.tabs as unknown[]).flatMap((each): [string, Tab][] => {
        const tab = read(each);
        return tab ? [[tab.id, tab]] : [];
      }),
    );
    const tabs = [...known.values()];
    const active = "active" in kept ? tabs.find((tab) => tab.id === kept.active) : undefined;
    if (tabs[0]) useTabs.setState({ tabs, active: (active ?? tabs[0]).id });
  } else if (typeof conversation === "string")
    useTabs.setState({ tabs: [about(conversation)], active: conversation });
}

function read(kept: unknown): Tab | undefined {
  if (typeof kept !== "object" || kept === null || !("kind" in kept)) return undefined;
  const { kind } = kept;
  if (onlyOnce.some((each) => each === kind)) return only(kind as Only);
  if (kind === "conversation" && "conversation" in kept && typeof kept.conversation === "string")
    return about(kept.conversation);
  if (kind === "tree" && "conversation" in kept && typeof kept.conversation === "string")
    return treeOf(kept.conversation);
  return undefined;
}

function change(next: (state: State) => Partial<State>): void {
  useTabs.setState((state) => next(state));
  const { tabs, active } = useTabs.getState();
  void ipc().prefs.set(PREF, { tabs, active });
}

export function activate(id: string): void {
  if (useTabs.getState().active !== id) change(() => ({ active: id }));
}

/** Shows a tab, after the active one when it is not open yet. */
function show(tab: Tab): void {
  change(({ tabs, active }) => {
    if (tabs.some((other) => other.id === tab.id)) return { active: tab.id };
    const at = tabs.findIndex((other) => other.id === active) + 1;
    return { tabs: tabs.toSpliced(at, 0, tab), active: tab.id };
  });
}

export const openInsights = () => show(only("insights"));
export const openModels = () => show(only("models"));
export const openNew = () => show(only("new"));
export const openRatings = () => show(only("ratings"));
export const openRouting = () => show(only("routing"));
export const openSettings = () => show(only("settings"));
export const openTraffic = () => show(only("traffic"));
export const openWelcome = () => show(only("welcome"));

/** Shows a conversation's whole tree, beside the conversation. */
export const openTree = (conversation: ConversationId) => show(treeOf(conversation));

/** Shows a conversation: where it is open, else in place of what was read, or in a tab of its own. */
export function openConversation(id: ConversationId, apart = false): void {
  const state = useTabs.getState();
  const open = state.tabs.some((tab) => tab.id === id);
  if (open || apart || stands(activeTab(state))) return show(about(id));
  change(({ tabs, active }) => ({
    tabs: tabs.map((tab) => (tab.id === active ? about(id) : tab)),
    active: id,
  }));
}

/**
 * A conversation was begun in the tab `from`: it takes that tab's place, wherever its reader is by now. Where the tab
 * has been closed meanwhile, the conversation waits in the list.
 */
export function began(id: ConversationId, from: string): void {
  change(({ tabs, active }) => {
    const open = tabs.some((tab) => tab.id === id);
    if (!tabs.some((tab) => tab.id === from)) return {};
    return {
      tabs: open
        ? tabs.filter((tab) => tab.id !== from)
        : tabs.map((tab) => (tab.id === from ? about(id) : tab)),
      active: active === from ? id : active,
    };
  });
}

/** Closes a tab; its neighbour is shown, and there is always one. */
export function closeTab(id: string): void {
  change(({ tabs, active, closed }) => {
    const at = tabs.findIndex((tab) => tab.id === id);
    const tab = tabs[at];
    if (!tab) return {};
    const left = tabs.toSpliced(at, 1);
    const next = left[Math.min(at, left.length - 1)] ?? only("new");
    return {
      tabs: left.length > 0 ? left : [next],
      active: active === id ? next.id : active,
      closed: [...closed.filter((other) => other.id !== id), tab].slice(-MOST_CLOSED),
    };
  });
}

export function closeOthers(id: string): void {
  for (const tab of useTabs.getState().tabs) if (tab.id !== id) closeTab(tab.id);
  activate(id);
}

/** The window as at its very first start. */
export function closeAllTabs(): void {
  change(() => ({ tabs: [only("welcome")], active: "welcome" }));
}

/** A conversation is gone: so is its tab, for good. */
export function forget(conversation: ConversationId): void {
  const gone = [conversation, treeOf(conversation).id];
  gone.forEach(closeTab);
  useTabs.setState(({ closed }) => ({ closed: closed.filter((tab) => !gone.includes(tab.id)) }));
}

/** Brings back the tab that was closed last. */
export function reopenTab(): void {
  const last = useTabs.getState().closed.at(-1);
  if (!last) return;
  useTabs.setState(({ closed }) => ({ closed: closed.slice(0, -1) }));
  show(last);
}

/** To the next tab, or the one before; round the ends. */
export function stepTab(by: 1 | -1): void {
  const { tabs, active } = useTabs.getState();
  const at = tabs.findIndex((tab) => tab.id === active);
  const next = tabs[(at + by + tabs.length) % tabs.length];
  if (next) activate(next.id);
}

/** Puts a tab at another place. */
export function moveTab(id: string, to: number): void {
  change(({ tabs }) => {
    const tab = tabs.find((other) => other.id === id);
    if (!tab || to < 0 || to >= tabs.length) return {};
    return { tabs: tabs.filter((other) => other !== tab).toSpliced(to, 0, tab) };
  });
}

export function shiftTab(by: 1 | -1): void {
  const { tabs, active } = useTabs.getState();
  moveTab(active, tabs.findIndex((tab) => tab.id === active) + by);
}
