import { Suspense, useCallback, type ReactNode } from "react";
import { Skeleton } from "@/components/States";
import { openPicker, Workbench } from "@/features/workbench";
import type { ConversationId } from "@/ipc";
import { later, soon } from "@/lib/later";
import { toSettings } from "./commands";
import { TreeContent } from "./Tree";
import { useRoom } from "./room";
import { compare, compareSimulated } from "./start";
import { began, openNew, openWelcome, type Tab } from "./tabs";

const SettingsTab = later(() => import("./SettingsTab").then((module) => module.SettingsTab));
const Traffic = later(() => import("./Traffic").then((module) => module.TrafficTab));
const Models = later(() => import("./Models").then((module) => module.ModelsTab));
const Insights = later(() => import("./Insights").then((module) => module.InsightsTab));
const Routing = later(() => import("./Routing").then((module) => module.RoutingTab));
const Ratings = later(() => import("@/features/ratings").then((module) => module.Ratings));
const Welcome = soon(() => import("./Starts").then((module) => module.Welcome));
const NewConversation = soon(() => import("./Starts").then((module) => module.NewConversation));

const onProviders = (provider?: string) => toSettings("providers", provider);

/** What the active tab shows. */
export function TabContent({ tab }: { tab: Tab }) {
  switch (tab.kind) {
    case "settings":
      return (
        <Suspense fallback={<Skeleton rows={10} label="Opening the settings" />}>
          <SettingsTab />
        </Suspense>
      );
    case "traffic":
      return (
        <Suspense fallback={<Skeleton rows={12} label="Opening the traffic" />}>
          <Traffic />
        </Suspense>
      );
    case "models":
      return (
        <Suspense fallback={<Skeleton rows={12} label="Opening the catalog" />}>
          <Models />
        </Suspense>
      );
    case "insights":
      return (
        <Suspense fallback={<Skeleton rows={12} label="Opening the insights" />}>
          <Insights />
        </Suspense>
      );
    case "routing":
      return (
        <Suspense fallback={<Skeleton rows={12} label="Opening the routes" />}>
          <Routing />
        </Suspense>
      );
    case "ratings":
      return (
        <Suspense fallback={<Skeleton rows={10} label="Opening the ratings" />}>
          <Ratings onNew={openNew} />
        </Suspense>
      );
    case "welcome":
      return workbench(
        tab,
        <Welcome onCompare={compare} onSimulated={compareSimulated} onSettings={onProviders} />,
      );
    case "new":
      return workbench(
        tab,
        <NewConversation
          onPick={() => openPicker()}
          onSimulated={compareSimulated}
          onConnect={openWelcome}
        />,
      );
    case "conversation":
      return workbench(tab, null);
    case "tree":
      return <TreeContent key={tab.id} conversation={tab.conversation} />;
  }
}

const workbench = (tab: Tab, welcome: ReactNode) => (
  <InTab
    key={tab.id}
    tab={tab}
    welcome={<Suspense fallback={<Skeleton rows={6} label="Looking for models" />}>{welcome}</Suspense>}
  />
);

/** A prompt that is answered late opens its conversation in the tab that it was sent from. */
function InTab({ tab: { id: tab, ...shown }, welcome }: { tab: Tab; welcome: ReactNode }) {
  const onOpen = useCallback((id: ConversationId | null) => (id ? began(id, tab) : openNew()), [tab]);
  const room = useRoom();
  return (
    <Workbench
      room={room}
      conversation={shown.kind === "conversation" ? shown.conversation : null}
      onOpen={onOpen}
      onProviders={onProviders}
      welcome={welcome}
    />
  );
}
