import { FlaskConical, Plug } from "lucide-react";
import { Button, Keys } from "@/components/Button";
import { useProviders } from "./api";
import styles from "./Welcome.module.css";

type Props = { onPick: () => void; onSimulated: () => void; onConnect: () => void };

/** What stands where nothing was asked yet. */
export function NewConversation({ onPick, onSimulated, onConnect }: Props) {
  const { data } = useProviders();
  const connected = (data ?? []).some(
    (p) =>
      p.enabled && p.dialect !== "simulated" && (p.key === "present" || p.loopback) && p.models.length > 0,
  );
  return (
    <div className={styles.start}>
      <h1>Ask several models at once</h1>
      <p className={styles.lead}>
        Choose up to eight models below and write a prompt. Each answer streams in a column of its own, with
        its time, tokens and cost.
      </p>
      <div className={styles.row}>
        {connected || !data ? (
          <Button onClick={onPick}>
            Choose models
            <Keys command="targets.pick" keys="Mod+M" />
          </Button>
        ) : (
          <Button onClick={onConnect}>
            <Plug size={14} />
            Connect a model
          </Button>
        )}
        <Button kind="ghost" onClick={onSimulated}>
          <FlaskConical size={14} />
          Compare simulated models
        </Button>
      </div>
    </div>
  );
}
