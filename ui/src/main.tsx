import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@/styles/base.css";
import { App } from "@/app/App";
import { holdBack } from "@/app/early";
import { followChanges, queries, readAgain } from "@/app/freshness";
import { rememberFrame, useFrame } from "@/app/frame";
import { rememberRecent } from "@/app/recent";
import { closeAllTabs, rememberTabs } from "@/app/tabs";
import { rememberTheme } from "@/app/theme";
import { Boundary } from "@/components/Boundary";
import { rememberList } from "@/features/conversations";
import { rememberInsights } from "@/features/insights";
import { rememberModels } from "@/features/models";
import { rememberTraffic } from "@/features/traffic";
import { promptReady, rememberColumns, rememberComposer, rememberJudging } from "@/features/workbench";
import { connect } from "@/ipc";
import { rememberHues } from "@/lib/hues";
import { loadTheRest } from "@/lib/later";
import { rememberShortcuts } from "@/lib/shortcuts";

/** Preferences are worth this long a wait before the first paint, and no longer. */
const PREFS_MS = 80;

/** Once the style is there, the program takes the place of the first frame. */
export async function start(styled: Promise<unknown>): Promise<void> {
  rememberTheme();
  const engine = await connect();
  const recall = holdBack(engine.prefs);
  const remember = (loaded: Record<string, unknown>) => {
    const { kept, begun } = recall(loaded);
    rememberTheme(kept["theme"], kept["answers"]);
    rememberFrame(kept);
    rememberList(kept["list"]);
    rememberTabs(kept["tabs"], kept["conversation"], begun);
    rememberShortcuts(kept["keys"]);
    rememberRecent(kept["recent"]);
    rememberComposer(kept);
    rememberColumns(kept["columns"]);
    rememberJudging(kept["judging"]);
    rememberModels(kept);
    rememberTraffic(kept);
    rememberInsights(kept);
    rememberHues(kept["hues"], (hues) => void engine.prefs.set("hues", hues));
  };
  const prefs = engine.prefs.load().catch((): Record<string, unknown> => ({}));
  const kept = await Promise.race([
    prefs,
    new Promise<null>((done) => setTimeout(() => done(null), PREFS_MS)),
  ]);
  if (kept) remember(kept);
  else void prefs.then(remember);
  followChanges();
  // The prompt is drawn with the frame: who starts the window types.
  await Promise.all([styled, promptReady()]);
  loadTheRest();

  const root = document.getElementById("root");
  if (root)
    createRoot(root).render(
      <StrictMode>
        <QueryClientProvider client={queries}>
          {/* The page's policy lets no style in that is written into it. */}
          <CSPProvider disableStyleElements>
            <Boundary what="The window" onAgain={startOver} way={{ label: "Close all tabs", go: closeAll }}>
              <App />
            </Boundary>
          </CSPProvider>
        </QueryClientProvider>
      </StrictMode>,
    );
}

/** What was read may be what failed: it is read again, and nothing lies over the window. */
function startOver(): void {
  readAgain();
  useFrame.setState({ palette: false, overlay: null });
}

function closeAll(): void {
  closeAllTabs();
  startOver();
}
