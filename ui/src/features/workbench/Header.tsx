import { ChevronLeft, ChevronRight, Eye, EyeOff, Heart, Link2, Pencil } from "lucide-react";
import { useRef, useState } from "react";
import { IconButton } from "@/components/Button";
import type { ConversationView } from "@/ipc";
import { rename } from "./api";
import { toggleTogether, useColumns } from "./columns";
import { toggleBar, toggleBlind, useJudging } from "./judging/store";
import type { Turn } from "./turns";
import styles from "./Workbench.module.css";

type Props = { view: ConversationView; turns: readonly Turn[]; at: number; onTurn: (depth: number) => void };

/** Title, and which turn of how many. */
export function Header({ view, turns, at, onTurn }: Props) {
  const { id, title } = view.conversation;
  const [editing, setEditing] = useState(false);
  // Enter and Escape leave the keyboard where it was; who clicked elsewhere has it there.
  const back = useRef(false);
  const pencil = (button: HTMLButtonElement | null) => {
    if (button && back.current) button.focus();
    if (button) back.current = false;
  };
  const together = useColumns((s) => s.together);
  const { blind, bar } = useJudging();
  const before = turns[at - 1];
  const after = turns[at + 1];
  return (
    <header className={styles.bar}>
      {editing ? (
        <form
          className={styles.rename}
          onSubmit={(event) => {
            event.preventDefault();
            const text = new FormData(event.currentTarget).get("title");
            setEditing(false);
            if (typeof text === "string" && text.trim() && text.trim() !== title)
              void rename(id, text.trim());
          }}
        >
          <input
            name="title"
            aria-label="Title"
            defaultValue={title}
            autoFocus
            maxLength={200}
            onFocus={(event) => event.target.select()}
            onBlur={(event) => event.target.form?.requestSubmit()}
            onKeyDown={(event) => {
              if (event.key !== "Escape" && event.key !== "Enter") return;
              back.current = true;
              if (event.key === "Enter") return;
              event.currentTarget.value = title;
              setEditing(false);
            }}
          />
        </form>
      ) : (
        <>
          <h1 className={styles.title} title={title} dir="auto" onDoubleClick={() => setEditing(true)}>
            {title}
          </h1>
          <IconButton ref={pencil} label="Rename" onClick={() => setEditing(true)}>
            <Pencil size={14} />
          </IconButton>
        </>
      )}
      <span className={styles.space} />
      {(turns[at]?.answers.length ?? 0) > 1 && (
        <>
          <IconButton
            label="Hide names until I vote"
            className={styles.toggle}
            aria-pressed={blind}
            onClick={toggleBlind}
          >
            {blind ? <EyeOff size={14} /> : <Eye size={14} />}
          </IconButton>
          {!blind && (
            <IconButton
              label="Vote on answers"
              className={styles.toggle}
              aria-pressed={bar}
              onClick={toggleBar}
            >
              <Heart size={14} />
            </IconButton>
          )}
          <IconButton
            label="Scroll columns together"
            className={styles.toggle}
            aria-pressed={together}
            onClick={toggleTogether}
          >
            <Link2 size={14} />
          </IconButton>
        </>
      )}
      {turns.length > 0 && (
        <div className={styles.turnNav} role="group" aria-label="Turns">
          <IconButton label="Previous turn" disabled={!before} onClick={() => before && onTurn(before.depth)}>
            <ChevronLeft size={14} />
          </IconButton>
          <span>
            turn {turns[at]?.number ?? 0} of {turns.at(-1)?.number ?? 0}
          </span>
          <IconButton label="Next turn" disabled={!after} onClick={() => after && onTurn(after.depth)}>
            <ChevronRight size={14} />
          </IconButton>
        </div>
      )}
    </header>
  );
}
