import { Check, ChevronDown, ChevronRight, FilterX } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
import { IconButton } from "@/components/Button";
import { SearchField } from "@/components/SearchField";
import type { FacetCount, Reachable } from "@/ipc";
import { cx } from "@/lib/classes";
import { counted } from "@/lib/sizes";
import { ago, day } from "@/lib/time";
import { useCatalogState, useFound } from "./api";
import { showPage, usePage } from "./kept";
import styles from "./ModelsSide.module.css";
import {
  canLabels,
  clearFilters,
  CONTEXTS,
  isNarrowed,
  mostLabel,
  narrow,
  pages,
  PRICES,
  reachableLabels,
  toggled,
  useView,
  type Can,
} from "./view";

/** So many of a long list are shown, until all are asked for. */
const FEW = 6;
const ways: readonly Reachable[] = ["ready", "needsProvider", "local"];
const abilities: readonly Can[] = ["tools", "vision", "reasoning", "json", "web_search", "embeddings"];

/** The pages, and what the models are filtered by. */
export function ModelsSide() {
  const filters = useView(({ filters }) => filters);
  const page = usePage(({ page }) => page);
  const { data } = useFound();
  const { data: state } = useCatalogState();
  const count = (all: FacetCount[] | undefined, name: string) => all?.find((one) => one.name === name)?.count;
  const waiting = { names: state?.doubtful ?? 0, sources: state?.held ?? 0 };
  return (
    <nav className={styles.side} aria-label="Catalog">
      <SearchField
        className={styles.search}
        type="search"
        label="Search models"
        placeholder="Search models"
        title="All words have to be in a name; a comma means or"
        value={filters.text}
        onChange={(event) => {
          narrow({ text: event.target.value });
          if (page !== "list") showPage("list");
        }}
      >
        <IconButton label="Clear filters" disabled={!isNarrowed(filters)} onClick={clearFilters}>
          <FilterX size={14} />
        </IconButton>
      </SearchField>
      <section className={styles.group} aria-label="Pages">
        {pages.map(({ value, label }) => {
          const waits = value === "names" || value === "sources" ? waiting[value] : 0;
          return (
            <button
              key={value}
              type="button"
              className={cx(styles.row, page === value && styles.chosen)}
              aria-current={page === value ? "page" : undefined}
              onClick={() => showPage(value)}
            >
              {label}
              {waits > 0 && (
                <span className={styles.waits}>
                  {waits}
                  <span className="srOnly">
                    {value === "names" ? " doubtful names" : " prices wait for a yes"}
                  </span>
                </span>
              )}
            </button>
          );
        })}
      </section>
      {page === "list" && (
        <>
          <Group title="Available" hint="through my providers">
            {ways.map((one) => (
              <Tick
                key={one}
                on={filters.reachable.includes(one)}
                count={count(data?.reachable, one)}
                onToggle={() => narrow({ reachable: toggled(filters.reachable, one) })}
              >
                {reachableLabels[one]}
              </Tick>
            ))}
          </Group>
          <Group title="Can do">
            {abilities.map((one) => (
              <Tick
                key={one}
                on={filters.can.includes(one)}
                count={count(data?.can, one)}
                onToggle={() => narrow({ can: toggled(filters.can, one) })}
              >
                {canLabels[one]}
              </Tick>
            ))}
          </Group>
          <Group title="Context window">
            <Slider
              label="Context window, at least"
              places={CONTEXTS.length}
              value={filters.context}
              text={
                filters.context === 0
                  ? "any"
                  : `≥ ${(CONTEXTS[filters.context] ?? 0).toLocaleString("en-US")}`
              }
              onChange={(context) => narrow({ context })}
            />
          </Group>
          <Group title="Output price" hint="per 1M tokens">
            <Slider
              label="Output price, at most"
              places={PRICES.length}
              value={filters.price}
              text={filters.price === 0 ? "any" : mostLabel(PRICES[filters.price] ?? 0)}
              onChange={(price) => narrow({ price })}
            />
          </Group>
          <Facet
            title="Made by"
            all={data?.makers}
            chosen={filters.makers}
            onToggle={(one) => narrow({ makers: toggled(filters.makers, one) })}
          />
          <Facet
            title="Offered by"
            all={data?.providers}
            chosen={filters.providers}
            onToggle={(one) => narrow({ providers: toggled(filters.providers, one) })}
          />
        </>
      )}
      {state && (
        <Group title="Catalog">
          <p className={styles.words}>
            {data ? counted(data.all, "model") : counted(state.bundled, "model")}, {fromText(state.sources)}
          </p>
          {state.sources.every(({ syncedAt }) => syncedAt === null) && (
            <p className={styles.words}>bundled figures of {day(state.bundledOn)}</p>
          )}
        </Group>
      )}
    </nav>
  );
}

function fromText(sources: readonly { syncedAt: string | null }[]): string {
  const synced = sources.flatMap(({ syncedAt }) => (syncedAt === null ? [] : [syncedAt]));
  const last = synced.toSorted().at(-1);
  if (!last) return "never synced";
  return `${counted(synced.length, "list")} synced ${ago(last)}`;
}

function Group({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  const id = useId();
  const [open, setOpen] = useState(true);
  const Icon = open ? ChevronDown : ChevronRight;
  return (
    <section className={styles.group} aria-labelledby={id}>
      <h2>
        <button type="button" id={id} aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon size={12} />
          {title}
          {hint && <span className={styles.hint}>{hint}</span>}
        </button>
      </h2>
      {open && children}
    </section>
  );
}

function Tick({
  on,
  count,
  onToggle,
  children,
}: {
  on: boolean;
  count: number | undefined;
  onToggle: () => void;
  children: ReactNode;
}) {
  return (
    <label className={styles.tick}>
      <input type="checkbox" checked={on} onChange={onToggle} />
      <i className={styles.box}>{on && <Check size={12} strokeWidth={3} />}</i>
      <bdi>{children}</bdi>
      <span className={styles.count}>{count?.toLocaleString("en-US")}</span>
    </label>
  );
}

function Facet({
  title,
  all = [],
  chosen,
  onToggle,
}: {
  title: string;
  all: readonly FacetCount[] | undefined;
  chosen: readonly string[];
  onToggle: (name: string) => void;
}) {
  const [whole, setWhole] = useState(false);
  const named = all.filter(({ name }) => name !== "");
  // What was chosen stays in the list when nothing of it is left.
  const gone = chosen
    .filter((name) => !named.some((one) => one.name === name))
    .map((name) => ({ name, count: 0 }));
  const rest = named.filter(({ name }, at) => whole || at < FEW || chosen.includes(name));
  return (
    <Group title={title}>
      {[...gone, ...rest].map(({ name, count }) => (
        <Tick key={name} on={chosen.includes(name)} count={count} onToggle={() => onToggle(name)}>
          {name}
        </Tick>
      ))}
      {named.length > FEW && (
        <button type="button" className={styles.more} onClick={() => setWhole(!whole)}>
          {whole ? "Show fewer" : `Show all ${named.length}`}
          <span className="srOnly"> of “{title}”</span>
        </button>
      )}
    </Group>
  );
}

function Slider({
  label,
  places,
  value,
  text,
  onChange,
}: {
  label: string;
  places: number;
  value: number;
  text: string;
  onChange: (value: number) => void;
}) {
  return (
    <div className={styles.slider}>
      <input
        type="range"
        aria-label={label}
        aria-valuetext={text}
        min={0}
        max={places - 1}
        step={1}
        value={value}
        style={{ "--at": `${(value / (places - 1)) * 100}%` }}
        onChange={(event) => onChange(Number(event.target.value))}
      />
      <output>{text}</output>
    </div>
  );
}
