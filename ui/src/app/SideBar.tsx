import { Suspense } from "react";
import { Boundary } from "@/components/Boundary";
import { ConversationList } from "@/features/conversations";
import { later } from "@/lib/later";
import { useActivity } from "./ActivityBar";
import styles from "./App.module.css";
import { closeOverlay } from "./frame";
import { exportThese } from "./exporting";
import { readAgain } from "./freshness";
import { jump } from "./jump";
import { Sash } from "./Sash";
import { activeTab, forget, openConversation, openNew, useTabs } from "./tabs";

const TrafficSide = later(() => import("./Traffic").then((module) => module.TrafficSide));
const ModelsSide = later(() => import("./Models").then((module) => module.ModelsSide));
const InsightsSide = later(() => import("./Insights").then((module) => module.Side));
const RoutingSide = later(() => import("./Routing").then((module) => module.RoutingSide));
const SettingsNav = later(() => import("./SettingsTab").then((module) => module.SettingsNav));

/** What the activity has to choose from. */
export function SideBar() {
  const activity = useActivity();
  const current = useTabs((tabs) => {
    const tab = activeTab(tabs);
    return tab.kind === "conversation" || tab.kind === "tree" ? tab.conversation : null;
  });
  return (
    <aside className={styles.side} aria-label="Side bar">
      <Boundary key={activity} what="The side bar" onAgain={readAgain}>
        {activity === "settings" ? (
          <Suspense>
            <SettingsNav onOpen={closeOverlay} />
          </Suspense>
        ) : activity === "traffic" ? (
          <Suspense>
            <TrafficSide />
          </Suspense>
        ) : activity === "models" ? (
          <Suspense>
            <ModelsSide />
          </Suspense>
        ) : activity === "routing" ? (
          <Suspense>
            <RoutingSide />
          </Suspense>
        ) : activity === "insights" ? (
          <Suspense>
            <InsightsSide />
          </Suspense>
        ) : (
          <ConversationList
            current={current}
            onOpen={(id, apart) => {
              closeOverlay();
              openConversation(id, apart);
            }}
            onNew={() => {
              closeOverlay();
              openNew();
            }}
            onGone={forget}
            onHit={(found, apart) => {
              closeOverlay();
              void jump(found, apart);
            }}
            onExport={exportThese}
          />
        )}
      </Boundary>
      <Sash pane="side" />
    </aside>
  );
}
