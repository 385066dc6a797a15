import { Keys } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { FilterList } from "@/components/FilterList";
import styles from "./Palette.module.css";

export type PaletteEntry = { id: string; group: string; title: string; keys?: string; run: () => void };

type Props = { open: boolean; entries: PaletteEntry[]; onClose: () => void };

/** Everything that can be done, found by its words. */
export default function Palette({ open, entries, onClose }: Props) {
  return (
    <Dialog title="Commands" size="palette" open={open} onClose={onClose}>
      <FilterList
        label="Search commands"
        placeholder="Search commands and conversations"
        choices={entries.map(({ id, group, title, keys }) => ({
          id,
          group,
          text: `${title} ${group}`,
          content: (
            <>
              <bdi className={styles.title}>{title}</bdi>
              {keys && <Keys keys={keys} />}
            </>
          ),
        }))}
        onPick={({ id }) => {
          onClose();
          entries.find((entry) => entry.id === id)?.run();
        }}
        nothing={(query) => `No command matches “${query}”.`}
      />
    </Dialog>
  );
}
