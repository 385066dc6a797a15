import { Select, type Option } from "@/components/Select";
import type { Folder, Role, SearchOrder } from "@/ipc";
import { useAnsweredModels } from "./api";
import styles from "./ConversationList.module.css";
import { pathOf } from "./groups";
import { useView, type Narrowed } from "./view";

const ANY = "";
const any = (label: string): Option<string> => ({ value: ANY, label });

/** What narrows a search in what was said, beside the tags. */
export function SearchFilters({ folders }: { folders: readonly Folder[] }) {
  const { narrowed, model, folder } = useView();
  const { data: models = [] } = useAnsweredModels();
  const providers = [...new Set(models.map((target) => target.split("/")[0] ?? ""))];
  const narrow = (change: Partial<Narrowed>) => useView.setState({ narrowed: { ...narrowed, ...change } });
  return (
    <div className={styles.filters} role="group" aria-label="Search filters">
      <Select<SearchOrder>
        small
        label="Order"
        value={narrowed.order}
        options={[
          { value: "newest", label: "Newest first" },
          { value: "ranked", label: "Best first" },
        ]}
        onChange={(order) => narrow({ order })}
      />
      <Select
        small
        label="Said by"
        value={narrowed.role ?? ANY}
        options={[
          any("Anybody"),
          { value: "user", label: "You" },
          { value: "assistant", label: "Models" },
          { value: "system", label: "System" },
          { value: "tool", label: "Tools" },
        ]}
        onChange={(role) => narrow({ role: role === ANY ? null : (role as Role) })}
      />
      <Select
        small
        label="Model"
        value={model ?? ANY}
        options={[any("Any model"), ...models.map((target) => ({ value: target, label: target }))]}
        onChange={(target) => useView.setState({ model: target === ANY ? null : target })}
      />
      <Select
        small
        label="Provider"
        value={narrowed.provider ?? ANY}
        options={[any("Any provider"), ...providers.map((id) => ({ value: id, label: id }))]}
        onChange={(id) => narrow({ provider: id === ANY ? null : id })}
      />
      <Select
        small
        label="When"
        value={String(narrowed.days ?? ANY)}
        options={[
          any("Any time"),
          { value: "0", label: "Today" },
          { value: "7", label: "Last 7 days" },
          { value: "30", label: "Last 30 days" },
          { value: "365", label: "Last year" },
        ]}
        onChange={(days) => narrow({ days: days === ANY ? null : Number(days) })}
      />
      {folders.length > 0 && (
        <Select
          small
          label="Folder"
          value={folder ?? ANY}
          options={[
            any("Any folder"),
            ...folders.map(({ id }) => ({ value: id, label: pathOf(folders, id) })),
          ]}
          onChange={(id) => useView.setState({ folder: id === ANY ? null : id })}
        />
      )}
    </div>
  );
}
