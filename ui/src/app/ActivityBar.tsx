import {
  ArrowLeftRight,
  Boxes,
  ChartLine,
  MessagesSquare,
  Route,
  Settings,
  type LucideIcon,
} from "lucide-react";
import { IconButton } from "@/components/Button";
import { cx } from "@/lib/classes";
import styles from "./App.module.css";
import { toggleSide, useFrame } from "./frame";
import {
  activate,
  activeTab,
  openInsights,
  openModels,
  openNew,
  openRouting,
  openSettings,
  openTraffic,
  stands,
  useTabs,
} from "./tabs";

export type Activity = "workbench" | "traffic" | "models" | "routing" | "insights" | "settings";

/** Which activity the active tab belongs to. */
export function useActivity(): Activity {
  return useTabs((tabs) => {
    const { kind } = activeTab(tabs);
    return kind === "settings" ||
      kind === "traffic" ||
      kind === "models" ||
      kind === "routing" ||
      kind === "insights"
      ? kind
      : "workbench";
  });
}

/** Leads to an activity; from there, its side bar is shown or hidden. */
export function ActivityBar() {
  const now = useActivity();
  return (
    <nav className={styles.activity} aria-label="Activities">
      <Entry name="Workbench" icon={MessagesSquare} current={now === "workbench"} onGo={toWorkbench} />
      <Entry name="Traffic" icon={ArrowLeftRight} current={now === "traffic"} onGo={openTraffic} />
      <Entry name="Models" icon={Boxes} current={now === "models"} onGo={openModels} />
      <Entry name="Routing" icon={Route} current={now === "routing"} onGo={openRouting} />
      <Entry name="Insights" icon={ChartLine} current={now === "insights"} onGo={openInsights} />
      <span className={styles.push} />
      <Entry name="Settings" icon={Settings} current={now === "settings"} onGo={openSettings} />
    </nav>
  );
}

function Entry({
  name,
  icon: Icon,
  current,
  onGo,
}: {
  name: string;
  icon: LucideIcon;
  current: boolean;
  onGo: () => void;
}) {
  const shown = useFrame(({ side, overlay }) => side.open || overlay === "side");
  return (
    <IconButton
      label={name}
      className={cx(current && styles.active)}
      aria-current={current ? "page" : undefined}
      aria-expanded={current ? shown : undefined}
      onClick={current ? toggleSide : onGo}
    >
      <Icon size={20} strokeWidth={1.6} />
    </IconButton>
  );
}

/** Back to what was read last. */
export function toWorkbench(): void {
  const { tabs } = useTabs.getState();
  const last = tabs.findLast((tab) => !stands(tab));
  if (last) activate(last.id);
  else openNew();
}
