import { Bookmark as Mark, Ellipsis, GitBranch, Pin, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { Input } from "@/components/Field";
import { Menu, type MenuEntry } from "@/components/Menu";
import { ErrorState, Skeleton } from "@/components/States";
import { tried } from "@/components/tried";
import { rename, showColumns } from "@/components/undoable";
import { ipc, reason, type Bookmark, type BranchSummary, type ConversationId, type Deletion } from "@/ipc";
import { count, usd } from "@/lib/figures";
import { hueNumberOf } from "@/lib/hues";
import { shortName } from "@/lib/target";
import { ago, day } from "@/lib/time";
import { bookmark, pin, removeBranch, restore } from "./acts";
import { useBookmarks, useBranches, useDeletions } from "./api";
import { leadTo } from "../led";
import styles from "./branching.module.css";
import { openDialog } from "./dialogs";

/** The branches of a conversation, what is marked in it, and what was deleted and can be restored. */
export function Branches({ conversation }: { conversation: ConversationId }) {
  const branches = useBranches(conversation);
  const bookmarks = useBookmarks(conversation);
  const deletions = useDeletions(conversation);
  if (branches.error)
    return (
      <ErrorState
        title="The branches cannot be read"
        why={reason(branches.error)}
        onRetry={() => void branches.refetch()}
      />
    );
  if (!branches.data) return <Skeleton rows={6} label="Reading the branches" />;
  const named = branches.data.filter(({ branch, head }) => branch.kind !== "column" || head);
  const columns = branches.data.filter(({ branch, head }) => branch.kind === "column" && !head);
  const head = branches.data.find((one) => one.head);
  return (
    <>
      <List title="Branches" rows={named} all={branches.data} head={head} />
      {columns.length > 0 && <List title="Columns" rows={columns} all={branches.data} head={head} />}
      <Section title="Bookmarks" empty="Mark an answer in its menu to find it here.">
        {(bookmarks.data ?? []).map((one) => (
          <BookmarkRow key={one.message} bookmark={one} />
        ))}
      </Section>
      {(deletions.data ?? []).length > 0 && (
        <Section title="Deleted">
          {(deletions.data ?? []).map((one) => (
            <DeletedRow key={one.id} deletion={one} />
          ))}
        </Section>
      )}
    </>
  );
}

function Section({
  title,
  empty,
  children,
}: {
  title: string;
  empty?: string;
  children: readonly React.ReactNode[];
}) {
  return (
    <section className={styles.section} aria-label={title}>
      <h3>
        {title} <span className={styles.quiet}>{children.length > 0 && children.length}</span>
      </h3>
      {children.length > 0 ? <ul>{children}</ul> : <p className={styles.quiet}>{empty}</p>}
    </section>
  );
}

type ListProps = {
  title: string;
  rows: readonly BranchSummary[];
  all: readonly BranchSummary[];
  head: BranchSummary | undefined;
};

function List({ title, rows, all, head }: ListProps) {
  return (
    <Section title={title} empty="There is none yet.">
      {rows.map((row) => (
        <Row key={row.branch.id} row={row} all={all} head={head} />
      ))}
    </Section>
  );
}

function Row({ row, all, head }: Omit<ListProps, "title" | "rows"> & { row: BranchSummary }) {
  const { branch, messages, own, usage, models, lastActivity } = row;
  const [naming, setNaming] = useState(false);
  const item = useRef<HTMLLIElement>(null);
  /** Whoever has named it by keyboard goes on from here. */
  const named = () => {
    setNaming(false);
    setTimeout(() => item.current?.querySelector<HTMLElement>("[aria-haspopup]")?.focus());
  };
  const other = head && head !== row ? head : all.find((one) => one !== row);
  const tokens = (usage.output ?? 0) + (usage.reasoning ?? 0);
  const activate = () => void tried(() => ipc().activateBranch(branch.id));
  const entries: MenuEntry[] = [
    { label: "Open", disabled: row.head, run: activate },
    {
      label: "Open beside the columns",
      disabled: branch.shown,
      run: () =>
        void tried(() => {
          const shown = all.filter((one) => one.branch.shown).map((one) => one.branch);
          return showColumns(
            branch.conversationId,
            [...shown, branch].map(({ id }) => ({ kind: "branch", id })),
          );
        }),
    },
    "line",
    { label: "Rename", run: () => setNaming(true) },
    {
      label: branch.pinned ? "Unpin" : "Pin",
      run: () => pin(branch.id, branch.name, !branch.pinned),
    },
    {
      label: other ? `Compare with ${short(other.branch.name)}` : "Compare",
      disabled: !other || branch.tip === null,
      run: () =>
        other &&
        openDialog({
          kind: "compare",
          conversation: branch.conversationId,
          left: other.branch.id,
          right: branch.id,
        }),
    },
    {
      label: "Replay with another model",
      disabled: branch.tip === null,
      run: () => openDialog({ kind: "replay", branch: branch.id, name: branch.name, target: branch.target }),
    },
    "line",
    {
      label: "Prune the other branches",
      danger: true,
      disabled: all.length < 2,
      run: () => openDialog({ kind: "delete", what: { kind: "others", keep: [branch.id] } }),
    },
    {
      label: "Delete the branch",
      danger: true,
      disabled: all.length < 2,
      run: () => void removeBranch(branch.id),
    },
  ];
  return (
    <li ref={item} className={styles.branch} data-head={row.head || undefined}>
      {naming ? (
        <form
          className={styles.naming}
          onSubmit={(event) => {
            event.preventDefault();
            const name = new FormData(event.currentTarget).get("name");
            named();
            if (typeof name === "string" && name.trim() && name.trim() !== branch.name)
              void tried(() => rename(branch.id, branch.name, name.trim()));
          }}
        >
          <Input
            small
            name="name"
            aria-label="Name of the branch"
            defaultValue={branch.name}
            maxLength={200}
            autoFocus
            onFocus={(event) => event.target.select()}
            onBlur={() => setNaming(false)}
            onKeyDown={(event) => {
              if (event.key !== "Escape") return;
              event.stopPropagation();
              named();
            }}
          />
        </form>
      ) : (
        <button
          type="button"
          className={styles.open}
          aria-current={row.head || undefined}
          title={row.head ? `${branch.name}, the active branch` : `Open ${branch.name}`}
          onClick={activate}
        >
          {branch.pinned ? <Pin size={14} aria-label="pinned" role="img" /> : <GitBranch size={14} />}
          <bdi>{branch.name}</bdi>
          {row.head && <span className={styles.quiet}>active</span>}
        </button>
      )}
      <Menu
        align="end"
        entries={entries}
        trigger={
          <IconButton label={`Menu of the branch ${branch.name}`} title="Branch menu">
            <Ellipsis size={14} />
          </IconButton>
        }
      />
      <p className={styles.figures}>
        <span>{count(messages)} messages</span>
        {own < messages && <span>{count(own)} its own</span>}
        {tokens > 0 && <span>{count(tokens)} tok out</span>}
        {row.cost !== null && Number(row.cost) > 0 && (
          <span>
            {row.costEstimated && "≈\u00a0"}
            {usd(row.cost)}
          </span>
        )}
        {lastActivity && <span>{ago(lastActivity)}</span>}
      </p>
      {models.length > 0 && (
        <p className={styles.models}>
          {models.slice(0, 4).map(({ target, answers }) => (
            <span key={target} title={`${target}: ${answers} answers`} data-hue={hueNumberOf(target)}>
              <i className={styles.dot} />
              <bdi>{shortName(target)}</bdi>
            </span>
          ))}
          {models.length > 4 && <span>{models.length - 4} more</span>}
        </p>
      )}
    </li>
  );
}

function BookmarkRow({ bookmark: { message, conversation, note, label, role } }: { bookmark: Bookmark }) {
  const words = note || label || (role === "user" ? "a prompt" : "an answer");
  return (
    <li className={styles.branch}>
      <button
        type="button"
        className={styles.open}
        title={`Show: ${label}`}
        onClick={() =>
          void tried(() => ipc().showMessage(message, null, null)).then(
            (shown) => shown && leadTo(conversation, message),
          )
        }
      >
        <Mark size={14} />
        <bdi>{words}</bdi>
      </button>
      <IconButton
        label={`Take the bookmark of ${short(words)} away`}
        onClick={() => bookmark(message, false)}
      >
        <Trash2 size={14} />
      </IconButton>
    </li>
  );
}

function DeletedRow({ deletion }: { deletion: Deletion }) {
  const { id, kind, nodes, label, eraseAfter } = deletion;
  return (
    <li className={styles.branch}>
      <span className={styles.open}>
        <Trash2 size={14} />
        <bdi>{label || (kind === "branch" ? "a branch" : "messages")}</bdi>
      </span>
      <span className={styles.restoring}>
        <Button small onClick={() => void restore(deletion)}>
          Restore
        </Button>
        {kind === "messages" && (
          <Button
            small
            kind="danger"
            onClick={() => openDialog({ kind: "delete", what: { kind: "deleted", deletion: id } })}
          >
            Erase
          </Button>
        )}
      </span>
      <p className={styles.figures}>
        <span>{kind === "branch" ? "only the branch" : `${count(nodes)} messages`}</span>
        <span>until {day(eraseAfter)}</span>
      </p>
    </li>
  );
}

function short(words: string): string {
  return words.length > 24 ? `${words.slice(0, 23)}…` : words;
}
