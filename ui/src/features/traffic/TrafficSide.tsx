import { FilterX } from "lucide-react";
import { useId, type ReactNode } from "react";
import { IconButton } from "@/components/Button";
import { SearchField } from "@/components/SearchField";
import { Select } from "@/components/Select";
import { cx } from "@/lib/classes";
import { useFacets, useKeys } from "./api";
import {
  clearFilters,
  everything,
  isNarrowed,
  narrow,
  outcomes,
  useFilters,
  usual,
  type Filters,
} from "./filters";
import styles from "./TrafficSide.module.css";

const ANY = "";

/** What the calls are filtered by, beside their time. */
export function TrafficSide() {
  const filters = useFilters();
  const { data: keys = [] } = useKeys();
  const { data: facets } = useFacets();
  const of = (all: string[] | undefined, any: string, chosen: string | null) => [
    { value: ANY, label: any },
    // What was chosen stays in the list when its calls have gone from it.
    ...[...new Set([...(all ?? []), ...(chosen ? [chosen] : [])])].map((value) => ({ value, label: value })),
  ];
  return (
    <nav className={styles.side} aria-label="Filters">
      <SearchField
        className={styles.search}
        type="search"
        label="Filter calls"
        placeholder="Filter calls"
        value={filters.text}
        onChange={(event) => narrow({ text: event.target.value })}
      >
        <IconButton label="Clear filters" disabled={!isNarrowed(filters)} onClick={clearFilters}>
          <FilterX size={14} />
        </IconButton>
      </SearchField>
      <Group title="Keys">
        <Choice chosen={filters.key === null} onPick={() => narrow({ key: null })}>
          All
        </Choice>
        {keys.map(({ id, name, state }) => (
          <Choice
            key={id}
            chosen={filters.key === id}
            quiet={state !== "active"}
            onPick={() => narrow({ key: filters.key === id ? null : id })}
          >
            <bdi>{name}</bdi>
          </Choice>
        ))}
      </Group>
      <Group title="Outcome">
        {outcomes.map(({ value, label }) => (
          <Choice
            key={value}
            chosen={filters.outcome === value}
            onPick={() => narrow({ outcome: filters.outcome === value ? null : value })}
          >
            {label}
          </Choice>
        ))}
      </Group>
      <Group title="Often looked for">
        {usual.map(({ label, change }) => {
          const chosen = Object.entries(change).every(
            ([name, value]) => filters[name as keyof Filters] === value,
          );
          const back = Object.fromEntries(
            Object.keys(change).map((name) => [name, everything[name as keyof Filters]]),
          );
          return (
            <Choice key={label} chosen={chosen} onPick={() => narrow(chosen ? back : change)}>
              {label}
            </Choice>
          );
        })}
      </Group>
      <Group title="More">
        <div className={styles.selects}>
          <Select
            small
            label="Client"
            value={filters.client ?? ANY}
            options={of(facets?.clients, "Any client", filters.client)}
            onChange={(client) => narrow({ client: client || null })}
          />
          <Select
            small
            label="Model asked for"
            value={filters.requested ?? ANY}
            options={of(facets?.requested, "Any model asked for", filters.requested)}
            onChange={(requested) => narrow({ requested: requested || null })}
          />
          <Select
            small
            label="Model that answered"
            value={filters.served ?? ANY}
            options={of(facets?.served, "Any model that answered", filters.served)}
            onChange={(served) => narrow({ served: served || null })}
          />
          <Select
            small
            label="Status"
            value={String(filters.status ?? ANY)}
            options={[
              { value: ANY, label: "Any status" },
              { value: "2", label: "2xx" },
              { value: "4", label: "4xx" },
              { value: "401", label: "401, no valid key" },
              { value: "402", label: "402, no budget" },
              { value: "429", label: "429, too many" },
              { value: "5", label: "5xx" },
            ]}
            onChange={(status) => narrow({ status: status ? Number(status) : null })}
          />
        </div>
      </Group>
    </nav>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section className={styles.group} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

function Choice({
  chosen,
  quiet,
  onPick,
  children,
}: {
  chosen: boolean;
  quiet?: boolean;
  onPick: () => void;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      className={cx(styles.choice, chosen && styles.chosen, quiet && styles.quiet)}
      aria-pressed={chosen}
      onClick={onPick}
    >
      {children}
    </button>
  );
}
