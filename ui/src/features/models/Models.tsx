import { Columns3, RefreshCw, SearchX, X } from "lucide-react";
import { useCallback, type KeyboardEvent } from "react";
import { Button } from "@/components/Button";
import { Pane } from "@/components/Pane";
import { EmptyState, ErrorState, Skeleton } from "@/components/States";
import { reason, type Target } from "@/ipc";
import { counted } from "@/lib/sizes";
import { useAll, useFound, useSync } from "./api";
import { Calculator } from "./Calculator";
import { choose } from "./choose";
import { Compare } from "./Compare";
import { Detail } from "./Detail";
import { useHeight } from "./height";
import { usePage } from "./kept";
import { List } from "./List";
import styles from "./Models.module.css";
import { Names } from "./Names";
import { Own } from "./Own";
import { Rankings } from "./Rankings";
import { Sources } from "./Sources";
import { chips, clearFilters, isNarrowed, openModel, pages, sortBy, useView } from "./view";

type Props = {
  /** These are asked in a new conversation. */
  onAsk: (targets: readonly Target[]) => void;
  /** To the settings of providers. */
  onProviders: (provider?: string) => void;
};

/** The catalog: models that can be asked, here or elsewhere, and what is known of them. */
export function Models({ onAsk, onProviders }: Props) {
  const { open, chosen } = useView();
  const page = usePage(({ page }) => page);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || open === null || event.defaultPrevented) return;
    openModel(null);
    event.preventDefault();
  };
  const label = pages.find(({ value }) => value === page)?.label ?? "";
  const pane = useHeight();
  return (
    <main
      className={styles.page}
      aria-label={page === "list" ? "Models" : `Models: ${label}`}
      onKeyDown={onKeyDown}
    >
      <Shown page={page} onAsk={onAsk} onProviders={onProviders} />
      {(page === "list" || page === "rankings") && open !== null ? (
        <Pane label="Model" edge="Height of the model’s details" {...pane}>
          <Detail key={open} name={open} onAsk={onAsk} onProviders={onProviders} />
        </Pane>
      ) : page === "list" && chosen.length > 0 ? (
        <Compare names={chosen} pane={pane} onAsk={onAsk} />
      ) : null}
    </main>
  );
}

function Shown({ page, ...ways }: Props & { page: string }) {
  switch (page) {
    case "rankings":
      return <Rankings />;
    case "cost":
      return <Calculator />;
    case "names":
      return <Names />;
    case "sources":
      return <Sources />;
    case "own":
      return <Own />;
    default:
      return <All {...ways} />;
  }
}

function All({ onAsk }: Props) {
  const { filters, chosen, open } = useView();
  const { data, error, refetch, isPlaceholderData } = useFound();
  const sync = useSync();
  const onOpen = useCallback((model: string) => openModel(model), []);
  const narrowed = isNarrowed(filters);
  return (
    <>
      <header className={styles.bar}>
        <span className={styles.count} role="status">
          {data &&
            (narrowed
              ? `${data.models.length.toLocaleString("en-US")} of ${counted(data.all, "model")}`
              : counted(data.all, "model"))}
        </span>
        <span className={styles.chips}>
          {chips(filters).map(({ label, remove }) => (
            <Button key={label} small aria-label={`No longer ${label}`} onClick={remove}>
              {label}
              <X size={12} />
            </Button>
          ))}
          {narrowed && (
            <button type="button" className={styles.link} onClick={clearFilters}>
              Clear
            </button>
          )}
        </span>
        <span className={styles.unit}>dollars per 1M tokens</span>
        <Button small kind="ghost" busy={sync.isPending} onClick={() => sync.mutate(undefined)}>
          {!sync.isPending && <RefreshCw size={12} />}
          Sync
        </Button>
        {chosen.length > 0 && <AskThese names={chosen} onAsk={onAsk} />}
      </header>
      <div className={styles.body} data-stale={isPlaceholderData || undefined}>
        {error && !data ? (
          <ErrorState title="The catalog cannot be read" why={reason(error)} onRetry={() => void refetch()} />
        ) : !data ? (
          <Skeleton rows={16} label="Reading the catalog" />
        ) : data.models.length > 0 ? (
          <List
            models={data.models}
            sort={filters.sort}
            descending={filters.descending}
            onSort={sortBy}
            chosen={chosen}
            onChoose={choose}
            open={open}
            onOpen={onOpen}
          />
        ) : (
          <EmptyState
            icon={<SearchX size={20} />}
            title="No model like that"
            action={<Button onClick={clearFilters}>Show all models</Button>}
          >
            None of {counted(data.all, "model")} fits what is chosen. A model that no list has can be added
            under “Your models and prices”.
          </EmptyState>
        )}
      </div>
    </>
  );
}

/** Those of the chosen that a provider that is set up serves get the next prompt. */
function AskThese({ names, onAsk }: { names: readonly string[]; onAsk: Props["onAsk"] }) {
  const { data } = useAll();
  const targets = names.flatMap((name) => {
    const all = data?.models.filter(({ model }) => model === name) ?? [];
    const found = all.find(({ ready, target }) => ready && target !== null);
    return found?.target ? [found.target] : [];
  });
  const left = names.length - targets.length;
  return (
    <Button
      small
      disabled={targets.length === 0}
      title={
        targets.length === 0
          ? "No provider that is set up serves these"
          : left > 0
            ? `${left} of them need a provider first`
            : undefined
      }
      onClick={() => onAsk(targets)}
    >
      <Columns3 size={12} />
      {targets.length === 0
        ? "None can be asked"
        : targets.length === names.length
          ? `Ask ${names.length === 1 ? "it" : `these ${names.length}`}`
          : `Ask ${targets.length} of ${names.length}`}
    </Button>
  );
}
