/** Everything that the window can do: one table for the palette, the keys and the hints. */
import { focusColumn, focusPrompt, MOST_TARGETS, openPicker, stopAll } from "@/features/workbench";
import type { ConversationId } from "@/ipc";
import { pressed } from "@/lib/platform";
import { openProviders, toggleSide, useFrame } from "./frame";
import { setTheme } from "./theme";

export type Command = {
  id: string;
  title: string;
  /** As `Mod+Shift+P`; `Mod` is Ctrl, on a Mac ⌘. */
  keys?: string;
  /** Further keys that do the same. */
  also?: string[];
  run: () => void;
};

export function commandTable(open: (conversation: ConversationId | null) => void): Command[] {
  return [
    {
      id: "conversation.new",
      title: "New conversation",
      keys: "Mod+N",
      run: () => {
        open(null);
        focusPrompt();
      },
    },
    { id: "prompt.focus", title: "Go to the prompt", keys: "Mod+L", run: focusPrompt },
    { id: "targets.pick", title: "Choose models", keys: "Mod+M", run: openPicker },
    { id: "answers.stop", title: "Stop all answers", keys: "Ctrl+Shift+Escape", run: stopAll },
    { id: "side.toggle", title: "Show or hide the side bar", keys: "Mod+B", run: toggleSide },
    { id: "search.focus", title: "Search conversations", keys: "Mod+Shift+F", run: focusSearch },
    { id: "providers.open", title: "Providers and appearance", keys: "Mod+,", run: () => openProviders() },
    { id: "theme.system", title: "Theme: as the system", run: () => setTheme("system") },
    { id: "theme.dark", title: "Theme: dark", run: () => setTheme("dark") },
    { id: "theme.light", title: "Theme: light", run: () => setTheme("light") },
    ...Array.from({ length: MOST_TARGETS }, (_, i) => ({
      id: `column.${i + 1}`,
      title: `Go to column ${i + 1}`,
      keys: `Mod+${i + 1}`,
      run: () => focusColumn(i + 1),
    })),
    {
      id: "palette.open",
      title: "All commands",
      keys: "Mod+K",
      also: ["Mod+Shift+P"],
      run: () => useFrame.setState({ palette: true }),
    },
  ];
}

/** Runs the command that these keys belong to; `true` when there is one. */
export function runKeys(commands: readonly Command[], event: KeyboardEvent): boolean {
  const command = commands.find(({ keys, also }) =>
    [keys, ...(also ?? [])].some((each) => each && pressed(event, each)),
  );
  command?.run();
  return command !== undefined;
}

function focusSearch(): void {
  if (!document.querySelector("[aria-label='Search conversations']")) toggleSide();
  setTimeout(() => document.querySelector<HTMLElement>("[aria-label='Search conversations']")?.focus());
}
