import { useState, type ReactNode } from "react";
import { Button } from "@/components/Button";
import { Confirm } from "@/components/Confirm";
import { notify } from "@/components/toasts";
import { ipc, type DataKind, type DataReport, type EraseKind } from "@/ipc";
import { counted, size } from "@/lib/sizes";
import styles from "./Settings.module.css";

type Way = {
  kind: EraseKind;
  title: string;
  action: string;
  hint: string;
  /** What goes; empty when there is nothing. */
  goes: string;
  stays: ReactNode;
};

/** Five things that can be removed for good, each after a question. */
export function Erase({ report }: { report: DataReport }) {
  const [asked, setAsked] = useState<EraseKind | null>(null);
  const of = (kind: DataKind) => report.sizes.find((each) => each.kind === kind) ?? { kib: 0, count: 0 };
  const deleted = report.deletedConversations;
  const { count: conversations } = of("conversations");
  const exchanges = of("exchanges");
  const cache = of("cache");
  const backups = of("backups");
  const kept = of("kept");
  const ways: Way[] = [
    {
      kind: "deletedConversations",
      title: "Deleted conversations",
      action: "Erase deleted",
      hint: "They can be brought back for 30 days, unless they are erased.",
      goes: deleted > 0 ? counted(deleted, "deleted conversation") : "",
      stays: "Everything that is still in the list stays.",
    },
    {
      kind: "exchanges",
      title: "Raw requests and answers",
      action: "Erase raw calls",
      hint: "What went over the wire, kept for the raw view.",
      goes:
        exchanges.count > 0
          ? `The raw form of ${counted(exchanges.count, "call")}, ${size(exchanges.kib)}`
          : "",
      stays: "Conversations, their answers and figures stay.",
    },
    {
      kind: "cache",
      title: "Answers given again",
      action: "Erase kept answers",
      hint: "What the gateway gives again to whoever asks exactly the same, while that is switched on.",
      goes: cache.count > 0 ? `${counted(cache.count, "kept answer")}, ${size(cache.kib)}` : "",
      stays: "The next one who asks is answered by a model again.",
    },
    {
      kind: "backups",
      title: "Backups and replaced files",
      action: "Erase copies",
      hint: "Without a copy, a damaged data file cannot be restored.",
      goes:
        backups.count + kept.count > 0
          ? `${counted(backups.count + kept.count, "copy", "copies")}, ${size(backups.kib + kept.kib)}`
          : "",
      stays: "The data itself stays. The next copy is made within a day.",
    },
    {
      kind: "conversations",
      title: "All conversations",
      action: "Erase everything",
      hint: "Every conversation with its messages, attachments and figures, and what you typed and did not send.",
      goes:
        conversations > 0
          ? `All ${counted(conversations, "conversation")} with their messages, attachments and figures, and all that was typed and not sent,`
          : "",
      stays: "Settings, keys and backups stay. A backup still holds what is erased here.",
    },
  ];
  return (
    <section className={styles.part} aria-labelledby="data-erase">
      <h2 id="data-erase">Erase</h2>
      {ways.map(({ kind, title, action, hint, goes, stays }) => (
        <div key={kind} className={styles.setting}>
          <div className={styles.what}>
            <h2>{title}</h2>
            <p>{goes ? hint : `There is nothing to erase. ${hint}`}</p>
          </div>
          <Button kind="danger" disabled={!goes} onClick={() => setAsked(kind)}>
            {action}
          </Button>
          <Confirm
            danger
            open={asked === kind}
            title={`Erase ${title.toLowerCase()}?`}
            action={action}
            onClose={() => setAsked(null)}
            onConfirm={async () => {
              await ipc().eraseData(kind);
              notify({ text: `Erased: ${title.toLowerCase()}` });
            }}
          >
            <p>{goes} will be gone from every table, index and log. This cannot be undone.</p>
            <p>{stays}</p>
          </Confirm>
        </div>
      ))}
    </section>
  );
}
