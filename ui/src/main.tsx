import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@/styles/base.css";
import { followChanges, queries } from "@/app/freshness";
import { rememberFrame } from "@/app/frame";
import { router } from "@/app/router";
import { rememberTheme } from "@/app/theme";
import { rememberComposer } from "@/features/workbench";
import { connect } from "@/ipc";
import { rememberHues } from "@/lib/hues";

/** Preferences are worth this long a wait before the first paint, and no longer. */
const PREFS_MS = 80;

rememberTheme(undefined);
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
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );

function remember(kept: Record<string, unknown>): void {
  rememberTheme(kept["theme"]);
  rememberFrame(kept["sidebar"]);
  rememberComposer(kept);
  rememberHues(kept["hues"], (hues) => void engine.prefs.set("hues", hues));
  const { conversation } = kept;
  // A window that starts anew goes on where the last one was; a reloaded one has its place in the address.
  if (typeof conversation === "string" && location.hash.length < 3)
    void router.navigate({ to: "/c/$conversation", params: { conversation }, replace: true });
}
