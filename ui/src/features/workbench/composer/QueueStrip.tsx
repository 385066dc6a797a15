import { Clock, Pencil, SendHorizontal, TriangleAlert, X } from "lucide-react";
import { Button, IconButton, Keys } from "@/components/Button";
import { TextArea } from "@/components/Field";
import { notify } from "@/components/toasts";
import { shortName } from "@/lib/target";
import type { ConversationId } from "@/ipc";
import type { Queued } from "./draft";
import { focusPrompt } from "../focus";
import { dequeue, editQueued, endEdit, requeue, sendNow, useEdits } from "./queue";
import { Files } from "./Files";
import styles from "./Composer.module.css";

/** Prompts that go out when the columns they are for have been answered. */
export function QueueStrip({
  conversation,
  queue,
}: {
  conversation: ConversationId;
  queue: readonly Queued[];
}) {
  const edits = useEdits();
  const remove = (item: Queued, at: number) => {
    dequeue(conversation, item.id);
    notify({
      text: "Queued prompt removed",
      action: {
        label: "Undo",
        run: () => requeue(conversation, item, at),
      },
    });
    focusPrompt();
  };
  return (
    <ul className={styles.queue} aria-label="Queued prompts">
      {queue.map((item, at) => {
        const edited = edits[item.id];
        const behind = queue.slice(0, at).some(({ id, problem }) => problem !== null || id in edits);
        return edited !== undefined ? (
          <li key={item.id} className={styles.queued}>
            <Edit
              text={edited}
              onChange={(text) => editQueued(item.id, text)}
              onDone={(text) => {
                endEdit(conversation, item.id, text);
                focusPrompt();
              }}
            />
          </li>
        ) : (
          <li key={item.id} className={styles.queued} data-problem={item.problem !== null || undefined}>
            {item.problem === null ? <Clock size={14} /> : <TriangleAlert size={14} />}
            <span className={styles.queuedText} dir="auto" title={item.text}>
              {item.text.trim() || "Files without words"}
            </span>
            {item.attached.length > 0 && (
              <ul className={styles.queuedFiles} aria-label="Files of this prompt">
                <Files attached={item.attached} />
              </ul>
            )}
            <span className={styles.queuedWhy} role={item.problem === null ? undefined : "alert"}>
              {item.problem ??
                (behind
                  ? "after the one above"
                  : item.places.length === 1
                    ? `when ${shortName(item.places[0]?.target ?? "")} is done`
                    : `when all ${item.places.length} are done`)}
            </span>
            <Button
              small
              kind="ghost"
              title={item.problem === null ? "Stops the answers it waits for" : undefined}
              onClick={() => void sendNow(conversation, item.id)}
            >
              <SendHorizontal size={14} />
              Send now
            </Button>
            <IconButton label="Edit queued prompt" onClick={() => editQueued(item.id, item.text)}>
              <Pencil size={14} />
            </IconButton>
            <IconButton label="Remove queued prompt" onClick={() => remove(item, at)}>
              <X size={14} />
            </IconButton>
          </li>
        );
      })}
    </ul>
  );
}

type EditProps = {
  text: string;
  onChange: (text: string) => void;
  onDone: (text: string | null) => void;
};

function Edit({ text, onChange, onDone }: EditProps) {
  return (
    <div className={styles.queuedEdit}>
      <TextArea
        autoFocus
        aria-label="Queued prompt"
        dir="auto"
        rows={3}
        spellCheck
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.stopPropagation();
            onDone(null);
          } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            if (text.trim()) onDone(text);
          }
        }}
      />
      <div className={styles.queuedActions}>
        <Button small onClick={() => onDone(null)}>
          Cancel
        </Button>
        <Button small kind="primary" disabled={!text.trim()} onClick={() => onDone(text)}>
          Save
          <Keys keys="Mod+Enter" />
        </Button>
      </div>
    </div>
  );
}
