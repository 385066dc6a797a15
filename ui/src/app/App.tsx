import { Suspense, useEffect, useRef } from "react";
import { Boundary } from "@/components/Boundary";
import { Toasts } from "@/components/Toasts";
import { cx } from "@/lib/classes";
import { later } from "@/lib/later";
import { ActivityBar } from "./ActivityBar";
import styles from "./App.module.css";
import { commands } from "./commands";
import { useExporting } from "./exporting";
import { readAgain } from "./freshness";
import { closeOverlay, toggleInspector, useFrame } from "./frame";
import { useCommandKeys } from "./keys";
import { SideBar } from "./SideBar";
import { StatusBar } from "./StatusBar";
import { TabBar } from "./TabBar";
import { AnswerInspector } from "@/features/workbench";
import { Inspector } from "./Inspector";
import { TabContent } from "./TabContent";
import { TreeBeside } from "./Tree";
import { activeTab, closeTab, openRatings, stands, useTabs } from "./tabs";

const ExportDialog = later(() => import("@/features/moving").then((module) => module.ExportDialog));
const CommandPalette = later(() => import("./CommandPalette").then((module) => module.CommandPalette));

/** The frame, and the features in it. */
export function App() {
  const { side, inspector, overlay, palette } = useFrame();
  const exporting = useExporting(({ conversations }) => conversations);
  const tab = useTabs(activeTab);
  useCommandKeys(commands);

  // What had the focus went with its tab: the keyboard goes on in what is shown now. The workbench's prompt sees to
  // that itself.
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (stands(tab) && document.activeElement === document.body)
      panel.current?.focus({ preventScroll: true });
  }, [tab]);

  const inspects = tab.kind === "conversation";
  const inspected = tab.kind === "conversation" && (inspector.open || overlay === "inspector");
  return (
    <div
      className={cx(styles.app, overlay && styles.overlay)}
      data-overlay={overlay ?? undefined}
      style={{
        "--side": side.open ? `${side.width}px` : "0px",
        "--inspector": inspects && inspector.open ? `${inspector.width}px` : "0px",
      }}
    >
      <ActivityBar />
      {(side.open || overlay === "side") && <SideBar />}
      <TabBar inspector={inspects} />
      <div
        ref={panel}
        tabIndex={-1}
        className={styles.main}
        id="tab-panel"
        role="tabpanel"
        aria-labelledby={`tab-${tab.id}`}
      >
        <Boundary
          key={tab.id}
          what="This tab"
          onAgain={readAgain}
          way={{ label: "Close the tab", go: () => closeTab(tab.id) }}
        >
          <TabContent tab={tab} />
        </Boundary>
      </div>
      {inspected && (
        <Inspector>
          <Boundary key={tab.id} what="The inspector" way={{ label: "Close it", go: toggleInspector }}>
            <Suspense>
              <AnswerInspector
                tree={<TreeBeside conversation={tab.conversation} />}
                onRatings={openRatings}
              />
            </Suspense>
          </Boundary>
        </Inspector>
      )}
      {overlay && <div className={styles.scrim} onClick={closeOverlay} />}
      <StatusBar />
      {palette && (
        <Suspense>
          <CommandPalette />
        </Suspense>
      )}
      {exporting !== null && (
        <Suspense>
          <ExportDialog
            conversations={exporting}
            onClose={() => useExporting.setState({ conversations: null })}
          />
        </Suspense>
      )}
      <Toasts />
    </div>
  );
}
