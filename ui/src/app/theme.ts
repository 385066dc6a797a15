import { create } from "zustand";
import { ipc } from "@/ipc";

export type Theme = "system" | "dark" | "light";

const PREF = "theme";
const systemDark = matchMedia("(prefers-color-scheme: dark)");

export const useTheme = create<{ theme: Theme }>(() => ({ theme: "system" }));

function show(): void {
  const { theme } = useTheme.getState();
  const dark = theme === "system" ? systemDark.matches : theme === "dark";
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
}

systemDark.addEventListener("change", show);

/** Takes up what was chosen before. */
export function rememberTheme(kept: unknown): void {
  if (kept === "dark" || kept === "light") useTheme.setState({ theme: kept });
  show();
}

export function setTheme(theme: Theme): void {
  useTheme.setState({ theme });
  show();
  void ipc().prefs.set(PREF, theme);
}
