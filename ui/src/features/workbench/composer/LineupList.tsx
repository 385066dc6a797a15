import { Check, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { Input } from "@/components/Field";
import { notify } from "@/components/toasts";
import { hueNumberOf } from "@/lib/hues";
import { shortName } from "@/lib/target";
import type { Place } from "../lineup";
import { badges } from "./params";
import { keepLineups, saveLineup, useComposerPreferences } from "./preferences";
import styles from "./TargetPicker.module.css";

type Props = {
  /** The line-up of the next prompt, with its parameters. */
  current: readonly Place[];
  onApply: (places: readonly Place[]) => void;
};

/** Saved line-ups: targets with their parameters, under a name. */
export function LineupList({ current, onApply }: Props) {
  const lineups = useComposerPreferences((s) => s.lineups);
  const [name, setName] = useState("");
  const [renaming, setRenaming] = useState<string | null>(null);
  const there = lineups.some((lineup) => lineup.name === name.trim());
  const remove = (gone: string) => {
    const before = lineups;
    keepLineups(lineups.filter((lineup) => lineup.name !== gone));
    notify({ text: `Line-up “${gone}” deleted`, action: { label: "Undo", run: () => keepLineups(before) } });
  };
  return (
    <div className={styles.saved}>
      {lineups.length === 0 ? (
        <p className={styles.nothing}>
          No line-up is saved yet. Save the models you compare often, with their parameters, and come back to
          them in one step.
        </p>
      ) : (
        <ul aria-label="Saved line-ups" className={styles.savedList}>
          {lineups.map((lineup) => (
            <li key={lineup.name} className={styles.savedRow}>
              {renaming === lineup.name ? (
                <form
                  className={styles.renaming}
                  onSubmit={(event) => {
                    event.preventDefault();
                    const now = String(new FormData(event.currentTarget).get("name")).trim();
                    setRenaming(null);
                    if (now && now !== lineup.name)
                      keepLineups(
                        lineups
                          .filter((other) => other.name !== now)
                          .map((other) => (other === lineup ? { ...other, name: now } : other)),
                      );
                  }}
                >
                  <Input
                    name="name"
                    small
                    autoFocus
                    aria-label={`New name of ${lineup.name}`}
                    defaultValue={lineup.name}
                    maxLength={60}
                    onKeyDown={(event) => {
                      if (event.key !== "Escape") return;
                      event.stopPropagation();
                      setRenaming(null);
                    }}
                  />
                  <IconButton label="Rename" type="submit">
                    <Check size={14} />
                  </IconButton>
                </form>
              ) : (
                <>
                  <button type="button" className={styles.apply} onClick={() => onApply(lineup.places)}>
                    <span className={styles.savedName}>
                      <span className="srOnly">Use line-up </span>
                      {lineup.name}
                    </span>
                    <span className={styles.members}>
                      {lineup.places.map(({ target, params, system }, i) => (
                        <span key={i} title={target}>
                          <i className={styles.dot} data-hue={hueNumberOf(target)} />
                          {shortName(target)}
                          {badges({ params: params ?? {}, system: system ?? null }).length > 0 && " *"}
                        </span>
                      ))}
                    </span>
                  </button>
                  <IconButton label={`Rename ${lineup.name}`} onClick={() => setRenaming(lineup.name)}>
                    <Pencil size={14} />
                  </IconButton>
                  <IconButton label={`Delete ${lineup.name}`} onClick={() => remove(lineup.name)}>
                    <Trash2 size={14} />
                  </IconButton>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      <form
        className={styles.save}
        onSubmit={(event) => {
          event.preventDefault();
          if (!name.trim() || current.length === 0) return;
          saveLineup(name.trim(), current);
          setName("");
        }}
      >
        <Input
          small
          aria-label="Name of the line-up"
          placeholder={current.length === 0 ? "Choose models first" : `Name for these ${current.length}`}
          value={name}
          disabled={current.length === 0}
          maxLength={60}
          onChange={(event) => setName(event.target.value)}
        />
        <Button small type="submit" disabled={!name.trim() || current.length === 0}>
          {there ? "Replace" : "Save current"}
        </Button>
      </form>
    </div>
  );
}
