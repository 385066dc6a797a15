import { Suspense } from "react";
import { GatewayPage } from "@/features/gateway";
import { ProvidersPage } from "@/features/providers";
import {
  AboutPage,
  AppearancePage,
  DataPage,
  section,
  sections,
  ShortcutsPage,
  useSettings,
} from "@/features/settings";
import { setSendWith, useSendWith } from "@/features/workbench";
import { Tabs } from "@/components/Tabs";
import { ipc } from "@/ipc";
import { later } from "@/lib/later";
import { useShortcuts } from "@/lib/shortcuts";
import styles from "./App.module.css";
import { commands } from "./commands";
import { useFrame } from "./frame";
import { setAnswerSize, setTheme, useTheme } from "./theme";
import { toTraffic } from "./Traffic";

export { SettingsNav } from "@/features/settings";

const ImportSection = later(() => import("@/features/moving").then((module) => module.ImportSection));
const ExportSection = later(() => import("@/features/moving").then((module) => module.ExportSection));

/** The settings; where their side bar is folded away, its pages stand above them. */
export function SettingsTab() {
  const { section: current, provider } = useSettings();
  const folded = useFrame(({ side }) => !side.open);
  return (
    <main className={styles.settings} aria-label="Settings" data-folded={folded || undefined}>
      <div className={styles.pages}>
        <Tabs
          id="settings"
          label="Pages of the settings"
          value={current}
          onChange={(id) => section(id)}
          options={sections.map(({ id, title }) => ({ value: id, label: title }))}
        />
      </div>
      <div className={styles.settingsPage} id="settings-panel">
        {current === "providers" ? (
          <ProvidersPage chosen={provider} onChoose={(id) => useSettings.setState({ provider: id })} />
        ) : current === "gateway" ? (
          <GatewayPage onTraffic={toTraffic} />
        ) : current === "data" ? (
          <DataPage>
            <Suspense>
              <ImportSection />
              <ExportSection />
            </Suspense>
          </DataPage>
        ) : current === "appearance" ? (
          <Appearance />
        ) : current === "shortcuts" ? (
          <Shortcuts />
        ) : (
          <AboutPage />
        )}
      </div>
    </main>
  );
}

function Appearance() {
  const { theme, answers } = useTheme();
  const sendWith = useSendWith();
  return (
    <AppearancePage
      theme={{ value: theme, onChange: setTheme }}
      answers={{ value: answers, onChange: setAnswerSize }}
      send={{ value: sendWith, onChange: setSendWith }}
    />
  );
}

function Shortcuts() {
  return (
    <ShortcutsPage
      commands={commands}
      onChange={(chosen) => {
        useShortcuts.setState({ chosen });
        void ipc().prefs.set("keys", chosen);
      }}
    />
  );
}
