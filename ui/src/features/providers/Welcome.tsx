import { FlaskConical } from "lucide-react";
import { Button, Keys } from "@/components/Button";
import { Skeleton } from "@/components/States";
import { useKeyPlaces, useLocalServers, useProviders } from "./api";
import { WelcomeKey } from "./WelcomeKey";
import { WelcomeServers } from "./WelcomeServers";
import styles from "./Welcome.module.css";
import { keychainWords } from "./words";

export type WelcomeProps = {
  /** Puts these targets side by side, ready to be asked. */
  onCompare: (targets: string[]) => void;
  onSimulated: () => void;
  /** To the providers in the settings, to this one when it is named. */
  onSettings: (provider?: string) => void;
};

/** Three ways to a model, the nearest first. */
export function Welcome({ onCompare, onSimulated, onSettings }: WelcomeProps) {
  const { data: providers, isPending } = useProviders();
  const { data: places } = useKeyPlaces();
  const { data: servers } = useLocalServers();
  if (isPending) return <Skeleton rows={6} label="Looking for models" />;
  const simulated = (providers ?? []).find((p) => p.dialect === "simulated");
  const works = (providers ?? []).some((p) => p.enabled && p.dialect !== "simulated" && p.lastTest?.ok);
  const where =
    places && keychainWords(places).tone === "warn" ? "where you choose" : "in the system keychain";
  return (
    <div className={styles.welcome}>
      <h1>Connect a model</h1>
      <p className={styles.lead}>
        Conversations are kept in one file on this machine, and keys {where}. A prompt goes only to the models
        that you ask.
      </p>
      <WelcomeServers onCompare={onCompare} />
      <WelcomeKey onCompare={onCompare} onSettings={onSettings} />
      {simulated && (
        <section className={styles.section} aria-labelledby="welcome-simulated">
          <h2 id="welcome-simulated">Or try without an account</h2>
          <div className={styles.simulated}>
            <p>
              Simulated models answer from a script. No network is used, and their answers are always labelled
              as simulated.{" "}
              <span>Delays, errors and usage are as with real ones, and nothing is billed.</span>
            </p>
            <Button
              kind={works || servers?.some(({ found }) => found) ? "plain" : "primary"}
              onClick={onSimulated}
            >
              <FlaskConical size={16} />
              Compare simulated models
            </Button>
          </div>
        </section>
      )}
      <p className={styles.keys}>
        <span>
          <Keys command="palette.open" keys="Mod+K" boxed /> every command
        </span>
        <span>
          <Keys command="conversation.new" keys="Mod+N" boxed /> new conversation
        </span>
        <button type="button" onClick={() => onSettings()}>
          <Keys command="settings.providers" keys="Mod+," boxed /> settings
        </button>
      </p>
    </div>
  );
}
