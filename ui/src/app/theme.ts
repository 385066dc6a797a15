/** How the window looks: light or dark, and how large answers are written. */
import { create } from "zustand";
import type { AnswerSize, Theme } from "@/features/settings";
import { ipc } from "@/ipc";

const systemDark = matchMedia("(prefers-color-scheme: dark)");

export const useTheme = create<{ theme: Theme; answers: AnswerSize }>(() => ({
  theme: "system",
  answers: "usual",
}));

function show(): void {
  const { theme, answers } = useTheme.getState();
  const dark = theme === "system" ? systemDark.matches : theme === "dark";
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
  document.documentElement.dataset["answers"] = answers;
}

systemDark.addEventListener("change", show);

/** Takes up what was chosen before. */
export function rememberTheme(theme?: unknown, answers?: unknown): void {
  if (theme === "dark" || theme === "light") useTheme.setState({ theme });
  if (answers === "small" || answers === "large") useTheme.setState({ answers });
  show();
}

export function setTheme(theme: Theme): void {
  useTheme.setState({ theme });
  show();
  void ipc().prefs.set("theme", theme);
}

export function setAnswerSize(answers: AnswerSize): void {
  useTheme.setState({ answers });
  show();
  void ipc().prefs.set("answers", answers);
}
