import { CircleX, Plus, TriangleAlert } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
import { IconButton } from "@/components/Button";
import { SearchField } from "@/components/SearchField";
import type { Policy, PolicyList } from "@/ipc";
import { cx } from "@/lib/classes";
import { duplicate } from "./acts";
import { useBreakers, useFaults, usePolicies } from "./api";
import styles from "./RoutingSide.module.css";
import { showPage, showPolicy, useView, type Page } from "./view";
import { plural } from "./words";

/** All policies, and what protects and teaches routes. */
export function RoutingSide() {
  const { data } = usePolicies();
  const [query, setQuery] = useState("");
  const { drafts, fresh } = useView();
  const all = data ? [...data.items, ...fresh.flatMap((name) => drafts[name] ?? [])] : [];
  const found = all.filter(({ name }) => name.includes(query.trim().toLowerCase()));
  const mine = found.filter(({ builtIn }) => !builtIn);
  const shipped = found.filter(({ builtIn }) => builtIn);
  const base = data?.items.find(({ name }) => name === data.default) ?? data?.items[0];
  return (
    <nav className={styles.side} aria-label="Routes">
      <div className={styles.find}>
        <SearchField
          label="Find a policy"
          placeholder="Find a policy"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <IconButton
          label="New policy"
          disabled={!base}
          onClick={() =>
            base &&
            duplicate(
              base,
              all.map(({ name }) => name),
              "mine",
            )
          }
        >
          <Plus size={16} />
        </IconButton>
      </div>
      {shipped.length > 0 && (
        <Group title="Profiles">
          {shipped.map((policy) => (
            <PolicyRow key={policy.name} policy={policy} policies={data} />
          ))}
        </Group>
      )}
      <Group title="Mine">
        {mine.map((policy) => (
          <PolicyRow key={policy.name} policy={policy} policies={data} />
        ))}
        {mine.length === 0 && (
          <p className={styles.none}>
            {query ? "None is called so" : "None yet: change a profile, or add one"}
          </p>
        )}
      </Group>
      <Group title="Look into">
        <PageRow page="try" title="Try a prompt" />
        <Health />
        <PageRow page="learned" title="What was learned" />
        <Faults />
      </Group>
    </nav>
  );
}

function PolicyRow({ policy, policies }: { policy: Policy; policies: PolicyList | undefined }) {
  const { page, policy: shown, drafts } = useView();
  const { name } = policy;
  const chosen = page === "policy" && (shown ?? policies?.default) === name;
  return (
    <button
      type="button"
      className={cx(styles.row, chosen && styles.chosen)}
      aria-current={chosen ? "page" : undefined}
      onClick={() => showPolicy(name)}
    >
      <bdi>{name}</bdi>
      <span>{drafts[name] ? "changed" : policies?.default === name ? "auto" : rulesOf(policy)}</span>
    </button>
  );
}

/** What a policy of one's own holds others to. */
function rulesOf({
  localOnly,
  allow,
  deny,
  require,
  maxCost,
  maxFirstMs,
  minQuality,
  score,
  builtIn,
}: Policy) {
  if (localOnly) return "local only";
  if (score) return "expression";
  const rules =
    allow.length +
    deny.length +
    require.length +
    [maxCost, maxFirstMs, minQuality].filter((limit) => limit !== null).length;
  return rules > 0 ? plural(rules, "rule") : builtIn ? "" : "weights";
}

function Health() {
  const { data } = useBreakers(false);
  const open = data?.filter(({ state }) => state === "open").length ?? 0;
  const half = data?.filter(({ state }) => state === "halfOpen").length ?? 0;
  const words = open ? `${open} open` : half ? `${half} half-open` : "";
  return (
    <PageRow page="health" title="Breakers and limits">
      {words && (
        <span className={open ? styles.danger : styles.warn}>
          {open ? <CircleX size={12} /> : <TriangleAlert size={12} />}
          {words}
        </span>
      )}
    </PageRow>
  );
}

function Faults() {
  const { data } = useFaults(false);
  const count = data?.length ?? 0;
  return (
    <PageRow page="faults" title="Simulated faults">
      {count > 0 && (
        <span className={styles.warn}>
          <TriangleAlert size={12} />
          {count}
        </span>
      )}
    </PageRow>
  );
}

function PageRow({ page, title, children }: { page: Page; title: string; children?: ReactNode }) {
  const chosen = useView((view) => view.page) === page;
  return (
    <button
      type="button"
      className={cx(styles.row, chosen && styles.chosen)}
      aria-current={chosen ? "page" : undefined}
      onClick={() => showPage(page)}
    >
      <bdi>{title}</bdi>
      {children}
    </button>
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
