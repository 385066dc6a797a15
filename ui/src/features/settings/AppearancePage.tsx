import { Segments } from "@/components/Segments";
import { keysText } from "@/lib/platform";
import { Page, Setting } from "./Page";

export type Theme = "system" | "dark" | "light";
export type AnswerSize = "small" | "usual" | "large";
export type SendWith = "modEnter" | "enter";

type Choice<T> = { value: T; onChange: (value: T) => void };
type Props = { theme: Choice<Theme>; answers: Choice<AnswerSize>; send: Choice<SendWith> };

/** How the window looks, and what Enter does. */
export function AppearancePage({ theme, answers, send }: Props) {
  return (
    <Page title="Appearance">
      <Setting title="Theme" hint="System follows your desktop, by day and by night.">
        <Segments
          label="Theme"
          {...theme}
          options={[
            { value: "system", label: "System" },
            { value: "dark", label: "Dark" },
            { value: "light", label: "Light" },
          ]}
        />
      </Setting>
      <Setting title="Answer text" hint="The size of what models write. Everything else keeps its size.">
        <Segments
          label="Answer text"
          {...answers}
          options={[
            { value: "small", label: "Small" },
            { value: "usual", label: "Usual" },
            { value: "large", label: "Large" },
          ]}
        />
      </Setting>
      <Setting
        title="Send a prompt with"
        hint={send.value === "enter" ? "Shift with Enter begins a new line." : "Enter begins a new line."}
      >
        <Segments
          label="Send a prompt with"
          {...send}
          options={[
            { value: "modEnter", label: keysText("Mod+Enter") },
            { value: "enter", label: keysText("Enter") },
          ]}
        />
      </Setting>
      <Setting
        title="Motion"
        hint="What opens with the mouse fades in for a moment. Where your system asks for reduced motion, nothing moves."
      >
        {null}
      </Setting>
    </Page>
  );
}
