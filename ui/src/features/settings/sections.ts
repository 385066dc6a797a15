/** The pages of the settings, and which one is open. */
import { Database, Info, Keyboard, KeyRound, Palette, Radio, type LucideIcon } from "lucide-react";
import { create } from "zustand";

export type SectionId = "providers" | "gateway" | "data" | "appearance" | "shortcuts" | "about";

type Section = {
  id: SectionId;
  title: string;
  icon: LucideIcon;
  /** What the search finds it by, beside its title. */
  words: string;
};

export const sections: readonly Section[] = [
  {
    id: "providers",
    title: "Providers and keys",
    icon: KeyRound,
    words:
      "api key keychain vault passphrase environment base url dialect headers test ollama openai anthropic gemini local server account",
  },
  {
    id: "gateway",
    title: "Gateway",
    icon: Radio,
    words:
      "serve server port address host localhost virtual key keys issue revoke budget limit scope expose network claude code codex cursor continue aider llm sdk curl tools traffic capture retention",
  },
  {
    id: "data",
    title: "Data",
    icon: Database,
    words:
      "backup back up restore check integrity compact erase delete size disk storage attachments import export chatgpt claude markdown html json zip",
  },
  {
    id: "appearance",
    title: "Appearance",
    icon: Palette,
    words: "theme dark light system text size send enter motion",
  },
  { id: "shortcuts", title: "Shortcuts", icon: Keyboard, words: "keys keyboard commands bindings" },
  { id: "about", title: "About", icon: Info, words: "version licences license data directory folder" },
];

export const useSettings = create<{ section: SectionId; provider: string | null }>(() => ({
  section: "providers",
  provider: null,
}));

/** Opens a page; with a provider, the one that it shows. */
export function section(id: SectionId, provider?: string): void {
  useSettings.setState({ section: id, ...(provider ? { provider } : {}) });
}
