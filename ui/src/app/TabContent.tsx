import { lazy, Suspense } from "react";
import { Skeleton } from "@/components/States";
import { NewConversation, Welcome } from "@/features/providers";
import { openPicker, Workbench } from "@/features/workbench";
import type { ConversationId } from "@/ipc";
import { toSettings } from "./commands";
import { compare, compareSimulated } from "./start";
import { openConversation, openNew, openWelcome, type Tab } from "./tabs";

/** Loaded when they are opened first. */
const SettingsTab = lazy(() => import("./SettingsTab").then((module) => ({ default: module.SettingsTab })));

const onOpen = (id: ConversationId | null) => (id ? openConversation(id) : openNew());
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
    case "welcome":
      return workbench(
        null,
        <Welcome onCompare={compare} onSimulated={compareSimulated} onSettings={onProviders} />,
      );
    case "new":
      return workbench(
        null,
        <NewConversation
          onPick={() => openPicker()}
          onSimulated={compareSimulated}
          onConnect={openWelcome}
        />,
      );
    case "conversation":
      return workbench(tab.conversation, null);
  }
}

const workbench = (conversation: ConversationId | null, welcome: React.ReactNode) => (
  <Workbench conversation={conversation} onOpen={onOpen} onProviders={onProviders} welcome={welcome} />
);
