import { Check, X } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { FilterList } from "@/components/FilterList";
import { Note } from "@/components/Note";
import { reason, type ConversationId, type Model, type Target, type TrafficDetail } from "@/ipc";
import { hueNumberOf } from "@/lib/hues";
import { providerOf, shortName } from "@/lib/target";
import { replay } from "./acts";
import { useModels } from "./api";
import styles from "./Detail.module.css";

const MOST = 8;
/** A provider's id, and what is passed on as typed: providers answer to more than they list. */
const TYPED = /^[a-z0-9][a-z0-9-]*\/\S+$/;

/** Models that can be asked and have this in their name; one that nobody lists last, as it is typed. */
function offered(models: readonly Model[], query: string): Target[] {
  const wanted = query.trim();
  const found = models
    .filter(({ available, target }) => available && target.toLowerCase().includes(wanted.toLowerCase()))
    .map(({ target }) => target);
  return TYPED.test(wanted) && !found.includes(wanted) ? [...found, wanted] : found;
}

type Props = {
  detail: TrafficDetail;
  onStarted: (conversation: ConversationId) => void;
  onClose: () => void;
};

/** Chooses whom to ask the same; their answers stand beside the one that was given. */
export function Replay({ detail, onStarted, onClose }: Props) {
  const { data: models = [] } = useModels();
  const [chosen, setChosen] = useState<readonly Target[]>([]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { call } = detail;
  const toggle = (target: Target) =>
    setChosen((now) =>
      now.includes(target) ? now.filter((other) => other !== target) : [...now, target].slice(0, MOST),
    );
  const start = async () => {
    setBusy(true);
    setProblem(null);
    try {
      onStarted(await replay(detail, chosen));
    } catch (error) {
      setProblem(reason(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title="Replay with other models" open onClose={onClose}>
      <div className={styles.replay}>
        <p className={styles.quiet}>
          The same is asked of the models that you choose, up to {MOST}. Their answers come as columns beside
          that of <bdi>{call.served ?? call.requested}</bdi>; the tool that asked hears nothing of it.
        </p>
        <ul className={styles.chosen} aria-label="Chosen models">
          {chosen.map((target) => (
            <li key={target}>
              <i className={styles.dot} data-hue={hueNumberOf(target)} />
              <bdi title={target}>{shortName(target)}</bdi>
              <IconButton label={`Leave ${target} out`} onClick={() => toggle(target)}>
                <X size={12} />
              </IconButton>
            </li>
          ))}
          {chosen.length === 0 && <li>none yet</li>}
        </ul>
      </div>
      <div className={styles.picks}>
        <FilterList
          label="Search models"
          placeholder="Search models"
          find={(query) =>
            offered(models, query).map((target) => ({
              id: target,
              group: providerOf(target),
              text: target,
              selected: chosen.includes(target),
              disabled: chosen.length >= MOST && !chosen.includes(target),
              content: (
                <>
                  <span className={styles.tick}>{chosen.includes(target) && <Check size={14} />}</span>
                  <bdi>{target}</bdi>
                </>
              ),
            }))
          }
          onPick={({ id }) => toggle(id)}
          nothing={(query) => `No model that can be asked has “${query}”.`}
        />
      </div>
      <div className={styles.replay}>
        {problem && (
          <Note tone="danger" role="alert">
            {problem}
          </Note>
        )}
        <div className={styles.end}>
          <Button keys="Escape" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" busy={busy} disabled={chosen.length === 0} onClick={() => void start()}>
            Replay
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
