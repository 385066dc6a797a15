import {
  ArrowLeftRight,
  Boxes,
  ChartLine,
  GitFork,
  MessagesSquare,
  PanelRight,
  Plus,
  Route,
  Settings,
  Sparkles,
  Trophy,
  X,
  type LucideIcon,
} from "lucide-react";
import { useEffect, useRef, type DragEvent, type KeyboardEvent } from "react";
import { IconButton } from "@/components/Button";
import { ContextMenu } from "@/components/Menu";
import { useConversations } from "@/features/conversations";
import { cx } from "@/lib/classes";
import { toggleInspector, useFrame } from "./frame";
import { activate, closeOthers, closeTab, moveTab, openNew, stepTab, useTabs, type Tab } from "./tabs";
import styles from "./TabBar.module.css";

const icons: Record<Tab["kind"], LucideIcon> = {
  conversation: MessagesSquare,
  insights: ChartLine,
  models: Boxes,
  tree: GitFork,
  new: MessagesSquare,
  ratings: Trophy,
  routing: Route,
  settings: Settings,
  traffic: ArrowLeftRight,
  welcome: Sparkles,
};

const titles = {
  insights: "Insights",
  models: "Models",
  ratings: "Ratings",
  routing: "Routing",
  settings: "Settings",
  traffic: "Traffic",
  welcome: "Welcome",
  new: "New conversation",
};

/** What a tab is called, and how many answers are being written in it. */
export function useTabTitles(): (tab: Tab) => { title: string; live: number } {
  const { data } = useConversations("");
  return (tab) => {
    if (tab.kind !== "conversation" && tab.kind !== "tree") return { title: titles[tab.kind], live: 0 };
    const found = data?.find(({ id }) => id === tab.conversation);
    if (tab.kind === "tree") return { title: `Tree: ${found?.title ?? "conversation"}`, live: 0 };
    return { title: found?.title ?? "Conversation", live: found?.streaming ?? 0 };
  };
}

/** The open tabs. */
export function TabBar({ inspector }: { inspector: boolean }) {
  const { tabs, active } = useTabs();
  const titleOf = useTabTitles();
  const list = useRef<HTMLDivElement>(null);
  const dragged = useRef<string | null>(null);
  const shown = useFrame((frame) => frame.inspector.open || frame.overlay === "inspector");

  useEffect(() => {
    list.current
      ?.querySelector("[aria-selected=true]")
      ?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [active, tabs]);

  const onKeyDown = (event: KeyboardEvent) => {
    const by = ({ ArrowLeft: -1, ArrowRight: 1 } as const)[event.key as "ArrowLeft" | "ArrowRight"];
    if (by) stepTab(by);
    else if (event.key === "Delete") closeTab(active);
    else return;
    event.preventDefault();
    setTimeout(() => list.current?.querySelector<HTMLElement>("[aria-selected=true]")?.focus());
  };
  const drag = (id: string, at: number) => ({
    draggable: true,
    onDragStart: (event: DragEvent) => {
      dragged.current = id;
      event.dataTransfer.effectAllowed = "move";
    },
    onDragOver: (event: DragEvent) => {
      if (!dragged.current) return;
      event.preventDefault();
      if (dragged.current !== id) moveTab(dragged.current, at);
    },
    onDragEnd: () => (dragged.current = null),
  });

  return (
    <div className={styles.bar}>
      <div ref={list} className={styles.tabs} role="tablist" aria-label="Open tabs" onKeyDown={onKeyDown}>
        {tabs.map((tab, at) => {
          const { title, live } = titleOf(tab);
          const Icon = icons[tab.kind];
          const selected = tab.id === active;
          return (
            <ContextMenu
              key={tab.id}
              entries={[
                {
                  label: "Close",
                  // These keys close the tab that is shown.
                  ...(selected && { keys: "Mod+W", command: "tab.close" }),
                  run: () => closeTab(tab.id),
                },
                { label: "Close the others", disabled: tabs.length < 2, run: () => closeOthers(tab.id) },
              ]}
            >
              <button
                type="button"
                role="tab"
                id={`tab-${tab.id}`}
                className={cx(styles.tab, selected && styles.selected)}
                aria-selected={selected}
                aria-controls={selected ? "tab-panel" : undefined}
                aria-label={live > 0 ? `${title}, ${live} live` : title}
                tabIndex={selected ? 0 : -1}
                title={title}
                onClick={() => activate(tab.id)}
                onAuxClick={(event) => event.button === 1 && closeTab(tab.id)}
                {...drag(tab.id, at)}
              >
                <Icon size={14} className={styles.icon} />
                <span className={styles.title} dir="auto">
                  {title}
                </span>
                {live > 0 && <i className={styles.pulse} />}
                {/* For the mouse; the keyboard has Delete, Ctrl+W and the menu. */}
                <span
                  className={styles.close}
                  title="Close"
                  aria-hidden="true"
                  onClick={(event) => {
                    event.stopPropagation();
                    closeTab(tab.id);
                  }}
                >
                  <X size={12} />
                </span>
              </button>
            </ContextMenu>
          );
        })}
      </div>
      <IconButton label="New tab" large className={styles.plus} onClick={openNew}>
        <Plus size={16} />
      </IconButton>
      <span className={styles.space} />
      {inspector && (
        <IconButton
          label={shown ? "Hide the inspector" : "Show the inspector"}
          large
          aria-expanded={shown}
          className={styles.plus}
          onClick={toggleInspector}
        >
          <PanelRight size={16} />
        </IconButton>
      )}
    </div>
  );
}
