import { FlaskConical } from "lucide-react";
import { useState } from "react";
import { Button, Keys } from "@/components/Button";
import { Skeleton } from "@/components/States";
import type { ProviderStatus, Target } from "@/ipc";
import { useProviders } from "./api";
import { KeyForm } from "./KeyForm";
import styles from "./Providers.module.css";

type Props = { onCompare: (targets: Target[]) => void; onPick: () => void };

/** What stands where nothing was asked yet: three ways to a model, the nearest first. */
export function Welcome({ onCompare, onPick }: Props) {
  const { data, isPending } = useProviders();
  const [chosen, setChosen] = useState<string | null>(null);
  if (isPending) return <Skeleton rows={6} label="Looking for models" />;
  const local = (data ?? []).filter((p) => p.loopback && p.dialect !== "simulated" && p.models.length > 0);
  const keyed = (data ?? []).filter((p) => p.key !== "notNeeded");
  const ready = (data ?? []).filter((p) => p.key === "present");
  const simulated = (data ?? []).find((p) => p.dialect === "simulated");
  const provider = keyed.find((p) => p.id === chosen) ?? keyed.find((p) => p.key !== "present") ?? keyed[0];
  const connected = local.length + ready.length > 0;
  return (
    <div className={styles.welcome}>
      <h1>{connected ? "Ask several models at once" : "Connect a model"}</h1>
      <p className={styles.lead}>
        {connected
          ? "Choose up to eight below. Each answer streams in a column of its own, with its time, tokens and cost."
          : "Everything stays on this machine: conversations in one file, keys in memory until the app closes."}
      </p>

      <section className={styles.section} aria-labelledby="welcome-local">
        <h2 id="welcome-local">Servers on this machine</h2>
        {local.length > 0 ? (
          <ul className={styles.servers}>
            {local.map((server) => (
              <li key={server.id}>
                <span className={styles.name}>{server.name}</span>
                <code>{server.baseUrl.replace(/^https?:\/\//, "")}</code>
                <span className={styles.serverModels}>
                  {server.models.length === 1 ? server.models[0] : `${server.models.length} models`}
                </span>
                <Button small onClick={() => onCompare(targetsOf(server, 2))}>
                  Ask
                </Button>
              </li>
            ))}
          </ul>
        ) : (
          <p className={styles.quiet}>
            None answers. Start Ollama, LM Studio, llama.cpp or vLLM, and it appears here.
          </p>
        )}
      </section>

      {provider && (
        <section className={styles.section} aria-labelledby="welcome-key">
          <h2 id="welcome-key">Paste a key</h2>
          <KeyForm key={provider.id} provider={provider}>
            <select
              className={styles.field}
              aria-label="Provider"
              value={provider.id}
              onChange={(event) => setChosen(event.target.value)}
            >
              {keyed.map((p) => (
                <option key={p.id} value={p.id}>
                  {p.name}
                  {p.key === "present" ? " (key present)" : ""}
                </option>
              ))}
            </select>
          </KeyForm>
        </section>
      )}

      {simulated && (
        <section className={styles.section} aria-labelledby="welcome-simulated">
          <h2 id="welcome-simulated">Or try without an account</h2>
          <div className={styles.simulated}>
            <p>
              Simulated models answer from a script, with realistic delays, errors and usage. No network is
              used, and their answers are always labelled as simulated.
            </p>
            <Button kind={connected ? "plain" : "primary"} onClick={() => onCompare(targetsOf(simulated, 3))}>
              <FlaskConical size={16} />
              Compare simulated models
            </Button>
          </div>
        </section>
      )}

      <p className={styles.keys}>
        <span>
          <Keys keys="Mod+K" boxed /> every command
        </span>
        <span>
          <Keys keys="Mod+N" boxed /> new conversation
        </span>
        <button type="button" onClick={onPick}>
          <Keys keys="Mod+M" boxed /> choose models
        </button>
      </p>
    </div>
  );
}

function targetsOf(provider: ProviderStatus, most: number): Target[] {
  return provider.models.slice(0, most).map((model) => `${provider.id}/${model}`);
}
