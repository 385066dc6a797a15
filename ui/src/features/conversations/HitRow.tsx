import type { ReactNode } from "react";
import type { Role, SearchHit } from "@/ipc";
import { hueOf } from "@/lib/hues";
import { day } from "@/lib/time";
import styles from "./ConversationList.module.css";

const roles: Record<Role, string> = { system: "system", user: "you", assistant: "answer", tool: "tool" };

/** A message that was found: its conversation, the words among others, and who said them when. */
export function HitRow({ hit, onOpen }: { hit: SearchHit; onOpen: (apart: boolean) => void }) {
  const { title, archived, role, model, createdAt } = hit;
  return (
    <button
      type="button"
      className={styles.hit}
      data-open
      data-hit={hit.message}
      onClick={(event) => onOpen(event.ctrlKey || event.metaKey)}
      onAuxClick={(event) => event.button === 1 && onOpen(true)}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        onOpen(true);
      }}
    >
      <span className={styles.hitHead}>
        <span className={styles.title} dir="auto">
          {title}
        </span>
        {archived && <span>archived</span>}
      </span>
      <span className={styles.snippet} dir="auto">
        {marked(hit)}
      </span>
      <span className={styles.hitFoot}>
        {model !== null && <i className={styles.dot} style={{ background: hueOf(model) }} />}
        <bdi className={styles.title}>{model ?? roles[role]}</bdi>
        <span>{day(createdAt)}</span>
      </span>
    </button>
  );
}

function marked({ snippet, highlights }: SearchHit): ReactNode[] {
  const pieces: ReactNode[] = [];
  let from = 0;
  for (const { at, len } of highlights) {
    pieces.push(snippet.slice(from, at), <mark key={at}>{snippet.slice(at, at + len)}</mark>);
    from = at + len;
  }
  return [...pieces, snippet.slice(from)];
}
