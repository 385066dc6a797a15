import { Check, SquareTerminal } from "lucide-react";
import { useState } from "react";
import { State } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Note } from "@/components/Note";
import { Select } from "@/components/Select";
import { ipc, type EnvironmentKey, type ProviderStatus } from "@/ipc";
import { counted } from "@/lib/sizes";
import { attempt, useEnvironmentKeys, usePresets, useProviders } from "./api";
import { test, useChecks } from "./checks";
import { fromPreset } from "./edit";
import { KeyEntry } from "./KeyEntry";
import { recognise } from "./recognise";
import styles from "./Welcome.module.css";

type Props = { onCompare: (targets: string[]) => void; onSettings: (provider?: string) => void };
type Named = Pick<ProviderStatus, "id" | "name" | "keyPlace">;

/** A key, whose provider is seen by how it begins; and the keys that the environment has already. */
export function WelcomeKey({ onCompare, onSettings }: Props) {
  const { data: providers = [] } = useProviders();
  const { data: presets = [] } = usePresets();
  const { data: environment = [] } = useEnvironmentKeys();
  const [chosen, setChosen] = useState<string | null>(null);
  const [maybe, setMaybe] = useState<readonly string[]>([]);
  const [kept, setKept] = useState<string | null>(null);

  const there = providers.filter(({ key }) => key !== "notNeeded");
  const others = presets.filter(({ id, local, keyVariable }) => {
    return !local && keyVariable !== null && !providers.some((p) => p.id === id);
  });
  const all: Named[] = [...there, ...others.map(({ id, name }) => ({ id, name, keyPlace: null }))];
  const provider = all.find(({ id }) => id === chosen);
  const preset = others.find(({ id }) => id === chosen);
  const candidates = maybe.filter((id) => all.some((each) => each.id === id));
  const nameOf = (id: string) => all.find((each) => each.id === id)?.name ?? id;

  const onText = (text: string) => {
    if (!text) return setMaybe([]);
    const found = recognise(text);
    setMaybe(found);
    const [only] = found;
    // One is certain; of several, what the user has chosen already holds.
    if (found.length === 1 && only) setChosen(only);
    else if (found.length > 1 && !(chosen && found.includes(chosen))) setChosen(null);
  };
  const use = (key: EnvironmentKey) =>
    attempt(async () => {
      const known = presets.find(({ id }) => id === key.provider);
      if (providers.some(({ id }) => id === key.provider)) await ipc().setProviderEnabled(key.provider, true);
      else if (known) await ipc().addProvider(fromPreset(known, known.id, `env:${key.variable}`));
      await test(key.provider);
      setKept(key.provider);
    });

  return (
    <section className={styles.section} aria-labelledby="welcome-key">
      <header>
        <h2 id="welcome-key">Paste a key</h2>
      </header>
      <KeyEntry
        provider={provider}
        onText={onText}
        action="Check key"
        quiet
        {...(preset ? { prepare: () => ipc().addProvider(fromPreset(preset)) } : {})}
        onKept={() => setKept(chosen)}
        before={
          <Select
            label="Provider"
            className={styles.provider}
            placeholder="Provider"
            value={chosen}
            onChange={setChosen}
            options={all.map(({ id, name, keyPlace }) => ({
              value: id,
              label: name,
              ...(keyPlace ? { hint: "has a key" } : {}),
            }))}
          />
        }
      />
      {candidates.length > 1 && !chosen && (
        <Note
          tone="info"
          role="status"
          actions={candidates.map((id) => (
            <Button key={id} small onClick={() => setChosen(id)}>
              {nameOf(id)}
            </Button>
          ))}
        >
          Keys of {candidates.map(nameOf).join(" and ")} begin alike. Which one is it?
        </Note>
      )}
      {kept && (
        <Result
          provider={providers.find(({ id }) => id === kept)}
          onCompare={onCompare}
          onSettings={onSettings}
        />
      )}
      {environment.length > 0 && (
        <ul className={styles.environment} aria-label="Keys in the environment">
          {environment.map((key) => (
            <li key={key.variable}>
              <SquareTerminal size={14} />
              <span>
                <code>{key.variable}</code> is set for {key.name}
              </span>
              {key.inUse ? (
                <State tone="ok" icon={<Check size={12} />}>
                  in use
                </State>
              ) : (
                <Button small onClick={() => void use(key)}>
                  Use it
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** What the check of a new key said works. */
function Result({
  provider,
  onCompare,
  onSettings,
}: {
  provider: ProviderStatus | undefined;
  onCompare: (targets: string[]) => void;
  onSettings: (provider?: string) => void;
}) {
  const check = useChecks((s) => (provider ? s.checks[provider.id] : undefined));
  const found = check?.found;
  if (!provider || !found || check.running) return null;
  if (typeof found === "string" || !found.ok)
    return (
      <Note
        tone="danger"
        role="alert"
        actions={
          <Button small onClick={() => onSettings(provider.id)}>
            Look at it
          </Button>
        }
      >
        {provider.name}:{" "}
        {typeof found === "string" ? found : (found.problem?.message ?? "it does not answer")}
      </Note>
    );
  const models = found.models.slice(0, 2).map((model) => `${provider.id}/${model}`);
  return (
    <Note
      tone="ok"
      role="status"
      actions={
        models.length > 0 && (
          <Button small onClick={() => onCompare(models)}>
            {models.length > 1 ? "Compare two of them" : "Ask it"}
          </Button>
        )
      }
    >
      {provider.name} works, with {counted(found.models.length, "model")}.
    </Note>
  );
}
