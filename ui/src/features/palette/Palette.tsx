import type { ReactNode } from "react";
import { Keys } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { FilterList, type Choice } from "@/components/FilterList";
import { find, type Found } from "./find";
import styles from "./Palette.module.css";

export type PaletteEntry = {
  id: string;
  group: string;
  title: string;
  hint?: string;
  keys?: string;
  icon: ReactNode;
  /** `apart`: with Ctrl, in a tab of its own. */
  run: (apart: boolean) => void;
};

type Props = {
  open: boolean;
  entries: readonly PaletteEntry[];
  /** Ids of what was run last, the last one first. */
  recent: readonly string[];
  onClose: () => void;
};

/** Everything that can be done, found by its words or their beginnings. */
export function Palette({ open, entries, recent, onClose }: Props) {
  return (
    <Dialog title="Commands" size="palette" open={open} onClose={onClose}>
      <FilterList
        label="Search commands"
        placeholder="Search commands and conversations"
        rowPx={32}
        find={(query) => find(entries, recent, query).map(choice)}
        onPick={({ id }, apart) => {
          onClose();
          const [, wanted = ""] = /^[^:]*:(.*)$/s.exec(id) ?? [];
          entries.find((entry) => entry.id === wanted)?.run(apart);
        }}
        nothing={(query) => `Nothing is called “${query.replace(/^>\s*/, "")}”.`}
      />
      <p className={styles.foot} aria-hidden="true">
        <span>
          <Keys keys="ArrowUp" boxed /> <Keys keys="ArrowDown" boxed /> choose
        </span>
        <span>
          <Keys keys="Enter" boxed /> run
        </span>
        <span>
          <Keys keys="Mod+Enter" boxed /> in a new tab
        </span>
        <span className={styles.end}>&gt; commands only</span>
      </p>
    </Dialog>
  );
}

function choice({ entry, group, marks }: Found): Choice {
  return {
    id: `${group}:${entry.id}`,
    group,
    text: entry.title,
    content: (
      <>
        <span className={styles.icon}>{entry.icon}</span>
        <bdi className={styles.title}>{marked(entry.title, marks)}</bdi>
        {entry.hint && <span className={styles.hint}>{entry.hint}</span>}
        <span className={styles.space} />
        {entry.keys && <Keys keys={entry.keys} />}
      </>
    ),
  };
}

/** The title with the letters that were found made bold. */
function marked(title: string, marks: readonly (readonly [number, number])[]): ReactNode {
  const pieces: ReactNode[] = [];
  let at = 0;
  for (const [from, to] of marks) {
    pieces.push(title.slice(at, from), <b key={from}>{title.slice(from, to)}</b>);
    at = to;
  }
  return [...pieces, title.slice(at)];
}
