import { Lock } from "lucide-react";
import { useId, useRef, useState, type ReactNode } from "react";
import { Button } from "@/components/Button";
import { ipc, reason, type ProviderStatus } from "@/ipc";
import styles from "./Providers.module.css";

type Props = {
  provider: ProviderStatus | undefined;
  /** Stands before the field. */ children?: ReactNode;
  autoFocus?: boolean;
  onStored?: () => void;
};

/**
 * Takes a key for this session. The key is never in React's hands: it is read from the field when it is sent, and
 * the field is emptied in the same moment.
 */
export function KeyForm({ provider, children, autoFocus, onStored }: Props) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [stored, setStored] = useState<string | null>(null);

  const send = async () => {
    const input = field.current;
    if (!input || !provider || !input.value.trim()) return;
    const sent = ipc().setKey(provider.id, input.value.trim(), "session");
    input.value = "";
    setProblem(null);
    try {
      await sent;
      setStored(provider.name);
      onStored?.();
    } catch (error) {
      setProblem(reason(error));
    }
  };

  return (
    <form
      className={styles.keyForm}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div className={styles.keyLine}>
        {children}
        <input
          ref={field}
          className={styles.field}
          type="password"
          aria-label={`Key for ${provider?.name ?? "provider"}`}
          aria-describedby={`${id}-hint`}
          placeholder="Paste a key"
          autoComplete="off"
          spellCheck={false}
          autoFocus={autoFocus}
        />
        <Button type="submit">Use key</Button>
      </div>
      <p id={`${id}-hint`} className={styles.keyHint} role="status">
        {problem ? (
          <span className={styles.bad}>{problem}</span>
        ) : (
          <>
            <Lock size={12} />
            {stored
              ? `${stored} can be asked now. The key is forgotten when the app closes.`
              : `Kept in memory until the app closes.${provider?.keyVariable ? ` To keep it, set ${provider.keyVariable} before the start.` : ""}`}
          </>
        )}
      </p>
    </form>
  );
}
