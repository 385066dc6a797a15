import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@/styles/base.css";
import { App } from "@/app/App";
import { followChanges, queries } from "@/app/freshness";
import { rememberFrame } from "@/app/frame";
import { rememberRecent } from "@/app/recent";
import { rememberTabs } from "@/app/tabs";
import { rememberTheme } from "@/app/theme";
import { rememberColumns, rememberComposer } from "@/features/workbench";
import { connect } from "@/ipc";
import { rememberHues } from "@/lib/hues";
import { rememberShortcuts } from "@/lib/shortcuts";

/** Preferences are worth this long a wait before the first paint, and no longer. */
const PREFS_MS = 80;

rememberTheme();
const engine = await connect();
const prefs = engine.prefs.load().catch((): Record<string, unknown> => ({}));
const kept = await Promise.race([prefs, new Promise<null>((done) => setTimeout(() => done(null), PREFS_MS))]);
if (kept) remember(kept);
else void prefs.then(remember);
followChanges();

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        {/* The page's policy lets no style in that is written into it. */}
        <CSPProvider disableStyleElements>
          <App />
        </CSPProvider>
      </QueryClientProvider>
    </StrictMode>,
  );

function remember(kept: Record<string, unknown>): void {
  rememberTheme(kept["theme"], kept["answers"]);
  rememberFrame(kept);
  rememberTabs(kept["tabs"], kept["conversation"]);
  rememberShortcuts(kept["keys"]);
  rememberRecent(kept["recent"]);
  rememberComposer(kept);
  rememberColumns(kept["columns"]);
  rememberHues(kept["hues"], (hues) => void engine.prefs.set("hues", hues));
}
