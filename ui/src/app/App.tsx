import { MessagesSquare, Settings } from "lucide-react";
import { Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { IconButton } from "@/components/Button";
import { Toasts } from "@/components/Toasts";
import { ConversationList, useConversations } from "@/features/conversations";
import { Palette } from "@/features/palette";
import { ProvidersDialog, Welcome } from "@/features/providers";
import { focusPrompt, openPicker, setLineup, Workbench } from "@/features/workbench";
import { ipc, type ConversationId, type Target } from "@/ipc";
import { cx } from "@/lib/classes";
import styles from "./App.module.css";
import { commandTable, runKeys } from "./commands";
import { openProviders, toggleSide, useFrame } from "./frame";
import { Sash } from "./Sash";
import { StatusBar } from "./StatusBar";
import { setTheme, useTheme } from "./theme";

type Props = { conversation: ConversationId | null; go: (conversation: ConversationId | null) => void };

/** The frame, and the features in it. */
export function App({ conversation, go }: Props) {
  const { side, overlay, palette, providers } = useFrame();
  const theme = useTheme((s) => s.theme);

  const open = useCallback(
    (id: ConversationId | null) => {
      useFrame.setState({ overlay: false });
      go(id);
      void ipc().prefs.set("conversation", id);
    },
    [go],
  );
  const commands = useMemo(() => commandTable(open), [open]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      if (runKeys(commands, event)) event.preventDefault();
      else if (event.key === "Escape") useFrame.setState({ overlay: false });
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [commands]);

  const compare = useCallback((targets: Target[]) => {
    setLineup(
      null,
      targets.map((target) => ({ target, branch: null })),
    );
    focusPrompt();
  }, []);
  const toProviders = useCallback((provider?: string) => openProviders(provider ?? null), []);

  return (
    <div
      className={cx(styles.app, overlay && styles.overlay)}
      style={{ "--side": side.open ? `${side.width}px` : "0px" }}
    >
      <nav className={styles.activity} aria-label="Activities">
        <IconButton
          label="Workbench"
          className={styles.active}
          aria-current="page"
          aria-expanded={overlay || side.open}
          onClick={toggleSide}
        >
          <MessagesSquare size={20} strokeWidth={1.6} />
        </IconButton>
        <span className={styles.push} />
        <IconButton label="Providers" title="Providers and appearance" onClick={() => openProviders()}>
          <Settings size={20} strokeWidth={1.6} />
        </IconButton>
      </nav>
      {(side.open || overlay) && (
        <aside className={styles.side} aria-label="Side bar">
          <ConversationList current={conversation} onOpen={open} />
          <Sash width={side.width} />
        </aside>
      )}
      <Workbench
        conversation={conversation}
        onOpen={open}
        onProviders={toProviders}
        welcome={<Welcome onCompare={compare} onPick={openPicker} />}
      />
      <StatusBar />
      <Suspense>
        {palette && <Commands commands={commands} open={open} />}
        {providers.open && (
          <ProvidersDialog
            open
            first={providers.first}
            onClose={() => useFrame.setState({ providers: { open: false, first: null } })}
            theme={theme}
            onTheme={setTheme}
          />
        )}
      </Suspense>
      <Toasts />
    </div>
  );
}

function Commands({
  commands,
  open,
}: {
  commands: ReturnType<typeof commandTable>;
  open: (id: ConversationId) => void;
}) {
  const { data } = useConversations("");
  const [shown, setShown] = useState(true);
  const entries = [
    ...commands
      .filter((command) => command.id !== "palette.open")
      .map((command) => ({ ...command, group: "Commands" })),
    ...(data ?? [])
      .slice(0, 200)
      .map(({ id, title }) => ({ id, title, group: "Conversations", run: () => open(id) })),
  ];
  return (
    <Palette
      open={shown}
      entries={entries}
      onClose={() => {
        setShown(false);
        useFrame.setState({ palette: false });
      }}
    />
  );
}
