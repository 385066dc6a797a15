import { useQueryClient } from "@tanstack/react-query";
import { Check, CircleX, KeyRound, RotateCw, TriangleAlert } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Segments } from "@/components/Segments";
import { ErrorState, Skeleton } from "@/components/States";
import { notify } from "@/components/toasts";
import { cx } from "@/lib/classes";
import { ipc, reason, type KeyState, type ProviderCheck, type ProviderStatus } from "@/ipc";
import { useProviders } from "./api";
import { KeyForm } from "./KeyForm";
import styles from "./Providers.module.css";

type Theme = "system" | "dark" | "light";
type Props = {
  open: boolean;
  /** Shown first, with its key field. */ first: string | null;
  onClose: () => void;
  theme: Theme;
  onTheme: (theme: Theme) => void;
};

/** The accounts that can be asked, and the few settings that there are. */
export default function ProvidersDialog({ open, first, onClose, theme, onTheme }: Props) {
  const { data, error, refetch } = useProviders();
  return (
    <Dialog
      title="Providers"
      size="wide"
      open={open}
      onClose={onClose}
      actions={
        <>
          <span className={styles.themeLabel}>Theme</span>
          <Segments
            label="Theme"
            value={theme}
            onChange={onTheme}
            options={[
              { value: "system", label: "System" },
              { value: "dark", label: "Dark" },
              { value: "light", label: "Light" },
            ]}
          />
          <IconButton
            label="Look for models again"
            large
            onClick={() =>
              void ipc()
                .refreshModels()
                .catch((why: unknown) => notify({ text: reason(why), tone: "danger" }))
            }
          >
            <RotateCw size={16} />
          </IconButton>
        </>
      }
    >
      <div className={styles.scroller}>
        {error ? (
          <ErrorState
            title="The providers cannot be read"
            why={reason(error)}
            onRetry={() => void refetch()}
          />
        ) : !data ? (
          <Skeleton rows={8} label="Loading providers" />
        ) : (
          <ul className={styles.providers} aria-label="Providers">
            {data.map((provider) => (
              <Provider key={provider.id} provider={provider} first={provider.id === first} />
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}

function Provider({ provider, first }: { provider: ProviderStatus; first: boolean }) {
  const queries = useQueryClient();
  const [entering, setEntering] = useState(first);
  const [check, setCheck] = useState<ProviderCheck | string | null>(null);
  const [checking, setChecking] = useState(false);
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (first) row.current?.scrollIntoView({ block: "nearest" });
  }, [first]);

  const test = async () => {
    setChecking(true);
    try {
      setCheck(await ipc().testProvider(provider.id));
      await queries.invalidateQueries({ queryKey: ["providers"] });
    } catch (error) {
      setCheck(reason(error));
    } finally {
      setChecking(false);
    }
  };
  const takesKey = provider.key !== "notNeeded";
  return (
    <li ref={row} className={styles.provider} aria-label={provider.name}>
      <div className={styles.line}>
        <div className={styles.who}>
          <span className={styles.name}>{provider.name}</span>
          <span className={styles.address} title={provider.baseUrl}>
            {provider.dialect === "simulated" ? "answers from a script, no network" : provider.baseUrl}
          </span>
        </div>
        <KeyBadge state={provider.key} variable={provider.keyVariable} />
        <span className={styles.models}>
          {provider.models.length > 0
            ? `${provider.models.length} ${provider.models.length === 1 ? "model" : "models"}`
            : "no models yet"}
        </span>
        <span className={styles.actions}>
          {takesKey && (
            <Button small aria-expanded={entering} onClick={() => setEntering(!entering)}>
              <KeyRound size={12} />
              {provider.key === "present" ? "Change key" : "Enter key"}
            </Button>
          )}
          <Button small disabled={checking} onClick={() => void test()}>
            {checking ? "Testing" : "Test"}
          </Button>
        </span>
      </div>
      {entering && (
        <div className={styles.entry}>
          <KeyForm provider={provider} autoFocus onStored={() => void test()} />
          {provider.key === "present" && (
            <Button
              kind="danger"
              small
              onClick={() =>
                void ipc()
                  .removeKey(provider.id)
                  .catch((why: unknown) => notify({ text: reason(why), tone: "danger" }))
              }
            >
              Forget key
            </Button>
          )}
        </div>
      )}
      <div className={styles.result} role="status">
        {check !== null && <Result check={check} />}
      </div>
      {check === null && provider.problem && (
        <p className={cx(styles.result, styles.warn)}>
          <TriangleAlert size={12} />
          {provider.problem.message}
        </p>
      )}
    </li>
  );
}

function Result({ check }: { check: ProviderCheck | string }) {
  if (typeof check === "string")
    return (
      <span className={styles.bad}>
        <CircleX size={12} />
        {check}
      </span>
    );
  return (
    <>
      <span className={check.ok ? styles.ok : styles.bad}>
        {check.ok ? <Check size={12} /> : <CircleX size={12} />}
        {check.ok
          ? `It answers, with ${check.models.length} ${check.models.length === 1 ? "model" : "models"}`
          : (check.problem?.message ?? "It does not answer")}
      </span>
      {check.steps.map((step, i) => (
        <span key={i} className={styles.step}>
          {step.ok ? (
            <Check size={12} role="img" aria-label="worked" />
          ) : (
            <CircleX size={12} role="img" aria-label="failed" />
          )}
          {step.name}: {step.detail}
        </span>
      ))}
    </>
  );
}

const keyWords: Record<KeyState, string> = {
  notNeeded: "needs no key",
  present: "key present",
  missing: "no key",
  locked: "keychain locked",
  noKeychain: "no keychain here",
  unknown: "key not looked up",
};

function KeyBadge({ state, variable }: { state: KeyState; variable: string | null }) {
  return (
    <span
      className={styles.badge}
      data-state={state}
      title={variable ? `Also read from ${variable}` : undefined}
    >
      {state === "present" && <Check size={12} />}
      {keyWords[state]}
    </span>
  );
}
