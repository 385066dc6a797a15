import { FlaskConical, X } from "lucide-react";
import { lazy, Suspense, useCallback, useRef, useState } from "react";
import { Button, Keys } from "@/components/Button";
import { hueOf } from "@/lib/hues";
import { shortName } from "@/lib/target";
import type { ConversationId, ConversationView } from "@/ipc";
import { useStartRun } from "./api";
import { asked, draftOf, keepDraft, setLineup, useLineup } from "./lineup";
import { openPicker } from "./focus";
import { TargetPicker } from "./TargetPicker";
import styles from "./Composer.module.css";

// Asked for at once, but nothing waits for it: the frame is drawn first.
const editor = import("./PromptEditor");
const PromptEditor = lazy(() => editor);

type Props = {
  conversation: ConversationId | null;
  view: ConversationView | undefined;
  ready: boolean;
  onOpen: (conversation: ConversationId) => void;
  onProviders: () => void;
  onSent: () => void;
};

/** The next prompt, and whom it goes to. */
export function Composer({ conversation, view, ready, onOpen, onProviders, onSent }: Props) {
  const lineup = useLineup(view);
  const { mutateAsync: start, isPending } = useStartRun();
  const [text, setText] = useState(() => draftOf(conversation));
  const [sent, setSent] = useState(0);
  const latest = useRef(text);
  const change = useCallback(
    (now: string) => {
      latest.current = now;
      setText(now);
      keepDraft(conversation, now);
    },
    [conversation],
  );

  const busy = isPending || !ready;
  const send = useCallback(async () => {
    const prompt = latest.current;
    if (busy || !prompt.trim()) return;
    if (lineup.length === 0) {
      openPicker();
      return;
    }
    try {
      const started = await start({
        conversation,
        parts: [{ type: "text", text: prompt }],
        columns: lineup.map(({ target, branch }) => ({ target, branch, params: {} })),
      });
      keepDraft(conversation, "");
      asked(
        started.conversation,
        started.columns.map(({ target, branch }) => ({ target, branch })),
      );
      change("");
      setSent((n) => n + 1);
      if (started.conversation !== conversation) onOpen(started.conversation);
      onSent();
    } catch {
      // Told by the mutation; the words stay in the box.
    }
  }, [busy, lineup, start, conversation, change, onOpen, onSent]);

  const empty = text.trim() === "";
  return (
    <form
      className={styles.composer}
      aria-label="Composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div className={styles.box}>
        <Suspense fallback={<div className={styles.waiting} />}>
          <PromptEditor key={sent} start={latest.current} onChange={change} onSend={() => void send()} />
        </Suspense>
      </div>
      <div className={styles.line}>
        <ul className={styles.targets} aria-label="Targets">
          {lineup.map(({ target, branch }, i) => (
            <li key={`${target} ${branch ?? i}`} className={styles.chip} title={target}>
              <i className={styles.dot} style={{ "--m": hueOf(target) }} />
              {target.startsWith("simulated/") && (
                <FlaskConical size={12} role="img" aria-label="simulated" className={styles.made} />
              )}
              <bdi className={styles.name}>{shortName(target)}</bdi>
              <button
                type="button"
                className={styles.remove}
                aria-label={`Remove target ${target}`}
                onClick={() =>
                  setLineup(
                    conversation,
                    lineup.filter((_, at) => at !== i),
                  )
                }
              >
                <X size={12} />
              </button>
            </li>
          ))}
          <li>
            <TargetPicker
              lineup={lineup}
              onChange={(places) => setLineup(conversation, places)}
              onProviders={onProviders}
            />
          </li>
          {lineup.length === 0 && <li className={styles.hint}>Choose one to eight models</li>}
        </ul>
        <Button kind="primary" type="submit" disabled={busy || empty || lineup.length === 0}>
          <span>
            Send
            {lineup.length > 1 && <span aria-hidden="true"> to {lineup.length}</span>}
          </span>
          <Keys keys="Mod+Enter" />
        </Button>
      </div>
    </form>
  );
}
