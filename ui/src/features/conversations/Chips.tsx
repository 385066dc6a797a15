import { ListFilter, Pencil, Trash2, X } from "lucide-react";
import { IconButton } from "@/components/Button";
import { ContextMenu, Menu, type MenuEntry } from "@/components/Menu";
import type { ConversationSource, Folder, SortBy, Tag } from "@/ipc";
import { cx } from "@/lib/classes";
import styles from "./ConversationList.module.css";
import { askFor, newFolder } from "./filing";
import { pathOf } from "./groups";
import { isNarrowed, keepList, sameTag, showAll, toggleTag, useView, type View } from "./view";

const sorts: Record<SortBy, string> = {
  updated: "Last changed",
  created: "Created",
  title: "Title",
  messages: "Messages",
};
const sources: Record<ConversationSource, string> = {
  window: "this window",
  cli: "orch",
  gateway: "the gateway",
  import: "an import",
};
const only: Record<NonNullable<View["only"]>, string> = {
  pinned: "Pinned",
  archived: "Archived",
  unfiled: "In no folder",
};

/** How the list is sorted, and what is in it. */
export function ViewMenu() {
  const view = useView();
  const toggled = (change: Partial<View>) => () => useView.setState(change);
  const entries: MenuEntry[] = [
    { heading: "Sort by" },
    ...Object.entries(sorts).map(([sort, label]) => ({
      label,
      checked: view.sort === sort,
      run: () => keepList({ sort: sort as SortBy }),
    })),
    { label: "Reversed", checked: view.reverse, run: () => keepList({ reverse: !view.reverse }) },
    "line",
    { heading: "Show only" },
    ...Object.entries(only).map(([which, label]) => ({
      label,
      checked: view.only === which,
      run: toggled({ only: view.only === which ? null : (which as View["only"]) }),
    })),
    ...Object.entries(sources).map(([source, label]) => ({
      label: `From ${label}`,
      checked: view.source === source,
      run: toggled({ source: view.source === source ? null : (source as ConversationSource) }),
    })),
    { label: "Answered by a model", checked: view.model !== null, run: () => askFor({ ask: "model" }) },
    { label: "Show everything", disabled: !isNarrowed(view), run: showAll },
    "line",
    { label: "New folder", run: newFolder },
  ];
  return (
    <Menu
      align="end"
      trigger={
        <IconButton
          label="Sort and filter"
          large
          className={cx(isNarrowed(view) && styles.narrowed)}
          data-narrowed={isNarrowed(view) || undefined}
        >
          <ListFilter size={16} />
        </IconButton>
      }
      entries={entries}
    />
  );
}

/** What narrows the list, each with a way out, and the tags that could. */
export function Chips({ folders, tags }: { folders: readonly Folder[]; tags: readonly Tag[] }) {
  const view = useView();
  const out = (label: string, change: Partial<View>) => (
    <button
      key={label}
      type="button"
      className={styles.chip}
      aria-pressed
      title={`Show more than: ${label}`}
      onClick={() => useView.setState(change)}
    >
      <bdi>{label}</bdi>
      <X size={12} />
    </button>
  );
  const narrowing = [
    ...(view.folder === null ? [] : [out(pathOf(folders, view.folder) || "a folder", { folder: null })]),
    ...(view.only === null ? [] : [out(only[view.only], { only: null })]),
    ...(view.source === null ? [] : [out(`From ${sources[view.source]}`, { source: null })]),
    ...(view.model === null ? [] : [out(view.model, { model: null })]),
  ];
  if (narrowing.length === 0 && tags.length === 0) return null;
  return (
    <div className={styles.chips} role="group" aria-label="Filters">
      {narrowing}
      {tags.map(({ name, conversations }) => (
        <ContextMenu
          key={name}
          entries={[
            {
              label: "Rename the tag",
              icon: <Pencil size={14} />,
              run: () => askFor({ ask: "renameTag", tag: name, count: conversations }),
            },
            {
              label: "Delete the tag",
              icon: <Trash2 size={14} />,
              danger: true,
              run: () => askFor({ ask: "deleteTag", tag: name, count: conversations }),
            },
          ]}
        >
          <button
            type="button"
            className={styles.chip}
            aria-pressed={view.tags.some((tag) => sameTag(tag, name))}
            onClick={() => toggleTag(name)}
          >
            <bdi>{name}</bdi>
            <span className={styles.chipCount}>{conversations}</span>
          </button>
        </ContextMenu>
      ))}
    </div>
  );
}
