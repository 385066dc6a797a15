import { Check, Folder as FolderIcon, FolderMinus, FolderPlus, Plus } from "lucide-react";
import { useCallback, useState, type FormEvent } from "react";
import { FolderBudget } from "@/components/budgets";
import { Confirm } from "@/components/Confirm";
import { Dialog } from "@/components/Dialog";
import { Field, Input } from "@/components/Field";
import { FilterList, type Choice } from "@/components/FilterList";
import { FormEnd } from "@/components/FormEnd";
import { tried } from "@/components/tried";
import { ipc, reason, type ConversationId, type Folder, type FolderId } from "@/ipc";
import { counted } from "@/lib/sizes";
import { changeAll, moveFolder, useAnsweredModels, useConversations, useFolders, useTags } from "./api";
import styles from "./ConversationList.module.css";
import { useFiling } from "./filing";
import { pathOf } from "./groups";
import { sameTag, toggleTag, useView, within } from "./view";

const close = () => useFiling.setState({ open: null });
const NONE = "none";
const NEW = "new";

/** What is asked about folders and tags. */
export function FilingDialogs() {
  const { open } = useFiling();
  if (!open) return null;
  switch (open.ask) {
    case "move":
      return <Move conversations={open.conversations} />;
    case "moveFolder":
      return <MoveFolder folder={open.folder} />;
    case "tag":
      return <TagThem conversations={open.conversations} />;
    case "model":
      return <PickModel />;
    case "newFolder":
      return (
        <Named
          title="New folder"
          action="Create"
          label="Name"
          first=""
          onDone={(name) => ipc().createFolder(name, open.parent)}
        />
      );
    case "renameFolder":
      return (
        <Named
          title={`Rename ${open.folder.name}`}
          action="Rename"
          label="Name"
          first={open.folder.name}
          onDone={(name) => ipc().renameFolder(open.folder.id, name)}
        />
      );
    case "renameTag":
      return (
        <Named
          title={`Rename the tag ${open.tag}`}
          action="Rename"
          label="Name"
          hint="Where there is a tag of that name already, the two become one."
          first={open.tag}
          onDone={async (name) => {
            await ipc().renameTag(open.tag, name);
            if (useView.getState().tags.some((tag) => sameTag(tag, open.tag))) {
              toggleTag(open.tag);
              toggleTag(name);
            }
          }}
        />
      );
    case "budget":
      return <FolderBudget folder={open.folder.id} name={open.folder.name} onClose={close} />;
    case "deleteFolder":
      return (
        <Confirm
          open
          danger
          title={`Delete the folder ${open.folder.name}?`}
          action="Delete the folder"
          onClose={close}
          onConfirm={async () => {
            await ipc().deleteFolder(open.folder.id);
            useView.setState(({ folder }) => (folder === open.folder.id ? { folder: null } : {}));
          }}
        >
          <p>
            Its {counted(open.folder.conversations, "conversation")} and the folders in it stay: they move to{" "}
            {open.folder.parent === null ? "the top" : "the folder that it is in"}.
          </p>
        </Confirm>
      );
    case "deleteTag":
      return (
        <Confirm
          open
          danger
          title={`Delete the tag ${open.tag}?`}
          action="Delete the tag"
          onClose={close}
          onConfirm={async () => {
            await ipc().deleteTag(open.tag);
            if (useView.getState().tags.some((tag) => sameTag(tag, open.tag))) toggleTag(open.tag);
          }}
        >
          <p>It is taken off {counted(open.count, "conversation")}, which stay as they are.</p>
        </Confirm>
      );
  }
}

/** Folders to choose from; those of `without` are left out. */
function useFolderChoices(without: ReadonlySet<FolderId>, make: boolean) {
  const { data: folders } = useFolders();
  return useCallback(
    (query: string): Choice[] => {
      const words = query.toLowerCase();
      const all = folders ?? [];
      const found = all
        .filter(({ id }) => !without.has(id))
        .map((folder) => ({ folder, path: pathOf(all, folder.id) }))
        .filter(({ path }) => path.toLowerCase().includes(words))
        .map(({ folder, path }) => choice(folder.id, path, <FolderIcon size={14} />, folder.conversations));
      const none =
        words && !"no folder".includes(words) ? [] : [choice(NONE, "No folder", <FolderMinus size={14} />)];
      const isNew = make && query && !all.some(({ name }) => sameTag(name, query));
      return [
        ...found,
        ...none,
        ...(isNew ? [choice(NEW, `New folder “${query}”`, <FolderPlus size={14} />)] : []),
      ];
    },
    [folders, without, make],
  );
}

function choice(id: string, text: string, icon: React.ReactNode, count?: number, selected?: boolean): Choice {
  return {
    id,
    group: "",
    text,
    ...(selected === undefined ? {} : { selected }),
    content: (
      <span className={styles.choice}>
        {icon}
        <bdi className={styles.title}>{text}</bdi>
        {count !== undefined && <span className={styles.count}>{count}</span>}
      </span>
    ),
  };
}

const nobody: ReadonlySet<FolderId> = new Set();

function Move({ conversations }: { conversations: readonly ConversationId[] }) {
  const find = useFolderChoices(nobody, true);
  const [typed, setTyped] = useState("");
  const looked = useCallback(
    (query: string) => {
      // What was typed names a new folder.
      queueMicrotask(() => setTyped(query));
      return find(query);
    },
    [find],
  );
  const move = async ({ id }: Choice) => {
    close();
    const folder = id === NONE ? null : id === NEW ? await tried(() => ipc().createFolder(typed, null)) : id;
    if (folder !== undefined) await changeAll(conversations, { kind: "move", folder });
  };
  return (
    <Dialog
      open
      size="palette"
      title={`Move ${counted(conversations.length, "conversation")}`}
      onClose={close}
    >
      <FilterList
        label="Search folders"
        placeholder={`Move ${counted(conversations.length, "conversation")} to`}
        find={looked}
        onPick={(picked) => void move(picked)}
        nothing={(query) => `No folder is called “${query}”.`}
      />
    </Dialog>
  );
}

function MoveFolder({ folder }: { folder: Folder }) {
  const { data: folders } = useFolders();
  const [without] = useState(() => within(folders ?? [folder], folder.id));
  const find = useFolderChoices(without, false);
  return (
    <Dialog open size="palette" title={`Move the folder ${folder.name}`} onClose={close}>
      <FilterList
        label="Search folders"
        placeholder={`Move the folder ${folder.name} into`}
        find={find}
        onPick={({ id }) => {
          close();
          void moveFolder(folder.id, id === NONE ? null : id);
        }}
        nothing={(query) => `No folder is called “${query}”.`}
      />
    </Dialog>
  );
}

/** A tag that all have is taken off, any other one is given to all; the list stays for the next one. */
function TagThem({ conversations }: { conversations: readonly ConversationId[] }) {
  const { data: tags } = useTags();
  const { data: all } = useConversations("");
  const find = useCallback(
    (query: string): Choice[] => {
      const chosen = (all ?? []).filter(({ id }) => conversations.includes(id));
      const words = query.toLowerCase();
      const known = tags ?? [];
      const found = known
        .filter(({ name }) => name.toLowerCase().includes(words))
        .map(({ name, conversations: count }) => {
          const has = chosen.filter((one) => one.tags.some((tag) => sameTag(tag, name))).length;
          const every = chosen.length > 0 && has === chosen.length;
          const icon = every ? <Check size={14} /> : <span className={styles.noIcon}>{has > 0 && "–"}</span>;
          return choice(name, name, icon, count, every);
        });
      const isNew = query && !known.some(({ name }) => sameTag(name, query));
      // The name of a new one is its own.
      return isNew
        ? [...found, { ...choice(query, `New tag “${query}”`, <Plus size={14} />, undefined, false) }]
        : found;
    },
    [tags, all, conversations],
  );
  return (
    <Dialog
      open
      size="palette"
      title={`Tags of ${counted(conversations.length, "conversation")}`}
      onClose={close}
    >
      <FilterList
        label="Search tags"
        placeholder={`Tags of ${counted(conversations.length, "conversation")}`}
        find={find}
        onPick={({ id, selected }) =>
          void changeAll(conversations, {
            kind: "tag",
            add: selected ? [] : [id],
            remove: selected ? [id] : [],
          })
        }
        nothing={() => "There is no tag yet. Type the first one."}
      />
    </Dialog>
  );
}

function PickModel() {
  const { data: models } = useAnsweredModels();
  const find = useCallback(
    (query: string): Choice[] => [
      ...(query ? [] : [choice(NONE, "Any model", <span className={styles.noIcon} />)]),
      ...(models ?? [])
        .filter((target) => target.toLowerCase().includes(query.toLowerCase()))
        .map((target) => choice(target, target, <span className={styles.noIcon} />)),
    ],
    [models],
  );
  return (
    <Dialog open size="palette" title="Answered by a model" onClose={close}>
      <FilterList
        label="Search models that answered"
        placeholder="Show conversations answered by"
        find={find}
        onPick={({ id }) => {
          close();
          useView.setState({ model: id === NONE ? null : id });
        }}
        nothing={(query) =>
          query ? `No model that answered has “${query}” in its name.` : "No model has answered yet."
        }
      />
    </Dialog>
  );
}

function Named({
  title,
  action,
  label,
  hint,
  first,
  onDone,
}: {
  title: string;
  action: string;
  label: string;
  hint?: string;
  first: string;
  onDone: (name: string) => Promise<unknown>;
}) {
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
    setBusy(true);
    try {
      await onDone(name);
      close();
    } catch (error) {
      setProblem(reason(error));
      setBusy(false);
    }
  };
  return (
    <Dialog open title={title} onClose={close}>
      <form className={styles.form} onSubmit={(event) => void submit(event)}>
        <Field label={label} {...(hint ? { hint } : {})}>
          {(field) => (
            <Input {...field} name="name" defaultValue={first} maxLength={100} required autoFocus />
          )}
        </Field>
        <FormEnd problem={problem} action={action} busy={busy} onCancel={close} />
      </form>
    </Dialog>
  );
}
