import { Button, IconButton } from "@/components/Button";
import { Note } from "@/components/Note";
import { X } from "lucide-react";
import { count } from "@/lib/figures";
import { shortName } from "@/lib/target";
import type { Estimate, Model } from "@/ipc";
import { takeBack, type Refused } from "./attachments";
import type { Attached } from "./draft";
import { tooLong } from "./estimates";
import type { Hold } from "./sending";
import { unfilled } from "./variables";
import styles from "./Composer.module.css";

type Props = {
  refused: readonly Refused[];
  hold: Hold;
  text: string;
  values: Readonly<Record<string, string>>;
  attached: readonly Attached[];
  estimates: readonly Estimate[];
  models: readonly Model[];
  draftProblem: string | null;
  coming: boolean;
  onSendAsWritten: () => void;
};

/** What should be known before the prompt goes out, and what to do about it. */
export function Notes(props: Props) {
  const { refused, hold, text, values, attached, estimates, models, draftProblem } = props;
  const missing = hold?.why === "variables" ? unfilled(text, values) : [];
  const long = estimates.filter(tooLong);
  const blind = attached.some(({ original }) => original.type === "image")
    ? estimates.flatMap(({ target }) => {
        const model = models.find((other) => other.target === target);
        return model?.capabilities.vision === false ? [shortName(target)] : [];
      })
    : [];
  const warned = attached.filter(({ warning }) => warning !== null);
  return (
    <div className={styles.notes}>
      {refused.map(({ id, name, why }) => (
        <Note
          key={id}
          tone="danger"
          role="alert"
          className={styles.note}
          actions={
            <IconButton label={`Dismiss the note about ${name}`} onClick={() => takeBack(id)}>
              <X size={14} />
            </IconButton>
          }
        >
          <bdi>{name}</bdi> was not attached: {why}
        </Note>
      ))}
      {missing.length > 0 && (
        <Note
          tone="warn"
          role="alert"
          className={styles.note}
          actions={
            <Button small onClick={props.onSendAsWritten}>
              Send as written
            </Button>
          }
        >
          {missing.map((name) => `{{${name}}}`).join(", ")} {missing.length === 1 ? "has" : "have"} no value
          yet
        </Note>
      )}
      {hold?.why === "files" && props.coming && (
        <Note tone="info" role="status" className={styles.note}>
          A file is still being read. Send when it is there, or remove it.
        </Note>
      )}
      {long.map((estimate) => (
        <Note key={estimate.target} tone="warn" role="status" className={styles.note}>
          Too long for {shortName(estimate.target)}: it reads {count(estimate.contextWindow ?? 0)} tokens, and
          this comes to ≈ {count(estimate.input)}. Shorten it, or leave this model out.
        </Note>
      ))}
      {blind.length > 0 && (
        <Note tone="warn" role="status" className={styles.note}>
          {blind.join(", ")} {blind.length === 1 ? "reads" : "read"} no images.
        </Note>
      )}
      {warned.map(({ id, name, warning }) => (
        <Note key={id} tone="warn" role="status" className={styles.note}>
          <bdi>{name}</bdi>: {warning}
        </Note>
      ))}
      {draftProblem !== null && (
        <Note tone="warn" role="status" className={styles.note}>
          What you write is only in this window for now: {draftProblem}
        </Note>
      )}
    </div>
  );
}
