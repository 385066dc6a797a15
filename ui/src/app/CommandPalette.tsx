import { MessagesSquare, Terminal } from "lucide-react";
import { useState } from "react";
import { useConversations } from "@/features/conversations";
import { Palette, type PaletteEntry } from "@/features/palette";
import { ago } from "@/lib/time";
import { keysNow, useShortcuts } from "@/lib/shortcuts";
import { commands } from "./commands";
import { useFrame } from "./frame";
import { recent, ran } from "./recent";
import { openConversation } from "./tabs";

/** All commands and conversations, those used last first. */
export function CommandPalette() {
  const { data } = useConversations("");
  const chosen = useShortcuts((s) => s.chosen);
  const [shown, setShown] = useState(true);
  const entries: PaletteEntry[] = [
    ...commands
      .filter(({ id }) => id !== "palette.open")
      .map(({ id, title, hint, keys, run }) => ({
        id,
        title,
        group: "Commands",
        icon: <Terminal size={14} />,
        ...(hint ? { hint } : {}),
        ...(keysNow(chosen, id, keys) ? { keys: keysNow(chosen, id, keys) } : {}),
        run: () => {
          ran(id);
          run();
        },
      })),
    ...(data ?? []).map(({ id, title, updatedAt, archived }) => ({
      id,
      title,
      group: "Conversations",
      icon: <MessagesSquare size={14} />,
      hint: archived ? "archived" : ago(updatedAt),
      run: (apart: boolean) => openConversation(id, apart),
    })),
  ];
  return (
    <Palette
      open={shown}
      entries={entries}
      recent={recent()}
      onClose={() => {
        setShown(false);
        useFrame.setState({ palette: false });
      }}
    />
  );
}
