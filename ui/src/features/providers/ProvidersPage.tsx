import { CircleOff, Check, CircleX, Plus, RotateCw, TriangleAlert } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import { State } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Note } from "@/components/Note";
import { ErrorState, Skeleton } from "@/components/States";
import { Switch } from "@/components/Switch";
import { Table, TableRow } from "@/components/Table";
import { ipc, reason, type KeyState, type ProviderStatus } from "@/ipc";
import { cx } from "@/lib/classes";
import { duration } from "@/lib/figures";
import { AddProvider } from "./AddProvider";
import { attempt, useEnvironmentKeys, usePresets, useProviders } from "./api";
import { test, testAll, useChecks } from "./checks";
import { fromPreset } from "./edit";
import { KeychainBanner } from "./KeychainBanner";
import { ProviderDetail } from "./ProviderDetail";
import styles from "./Providers.module.css";
import { useWinner, winnerWords } from "./won";
import { keyWord, shortAddress, whyNot } from "./words";

type Props = { chosen: string | null; onChoose: (provider: string | null) => void };

/** The accounts that can be asked, where their keys are, and whether they work. */
export function ProvidersPage({ chosen, onChoose }: Props) {
  const { data, error, refetch } = useProviders();
  const [adding, setAdding] = useState(false);
  const [testing, setTesting] = useState(false);
  const [enterKey, setEnterKey] = useState(false);
  const provider = data?.find(({ id }) => id === chosen);
  const choose = (id: string | null, key = false) => {
    setEnterKey(key);
    onChoose(id);
  };
  const askAll = async () => {
    setTesting(true);
    await testAll((data ?? []).filter(askable).map(({ id }) => id));
    setTesting(false);
  };
  return (
    <div className={cx(styles.page, provider && styles.withDetail)}>
      <div className={styles.main}>
        <header className={styles.head}>
          <h1>Providers and keys</h1>
          <Button busy={testing} disabled={!data} onClick={() => void askAll()}>
            {!testing && <RotateCw size={14} />}
            {testing ? "Testing" : "Test all"}
          </Button>
          <Button kind="primary" onClick={() => setAdding(true)}>
            <Plus size={14} />
            Add provider
          </Button>
        </header>
        <KeychainBanner />
        {error ? (
          <ErrorState
            title="The providers cannot be read"
            why={reason(error)}
            onRetry={() => void refetch()}
          />
        ) : !data ? (
          <Skeleton rows={8} label="Loading providers" />
        ) : (
          <Table
            label="Providers"
            className={styles.table}
            columns={[
              { title: "Provider" },
              { title: "Address", extra: "wide" },
              { title: "Dialect", width: "148px", extra: true },
              { title: "Key", width: "108px" },
              { title: "Models", width: "64px", right: true },
              { title: "Last test", width: "124px" },
              { title: "On", width: "52px" },
            ]}
          >
            {data.toSorted(byKey).map((each) => (
              <Row key={each.id} provider={each} selected={each.id === chosen} onChoose={choose} />
            ))}
          </Table>
        )}
        <Notes providers={data ?? []} onReplace={(id) => choose(id, true)} />
      </div>
      {provider && (
        <ProviderDetail
          key={provider.id}
          provider={provider}
          enterKey={enterKey}
          onClose={() => {
            choose(null);
            document.querySelector<HTMLElement>(`[data-provider="${CSS.escape(provider.id)}"]`)?.focus();
          }}
        />
      )}
      <AddProvider
        open={adding}
        taken={(data ?? []).map(({ id }) => id)}
        onClose={() => setAdding(false)}
        onAdded={(id) => choose(id, true)}
      />
    </div>
  );
}

/** Those that can be asked stand first, those without a key last. */
const places: Record<KeyState, number> = {
  notNeeded: 0,
  present: 0,
  unknown: 1,
  locked: 1,
  noKeychain: 2,
  missing: 2,
};
const byKey = (a: ProviderStatus, b: ProviderStatus) => places[a.key] - places[b.key];

const askable = ({ enabled, key }: ProviderStatus) => enabled && key !== "missing" && key !== "noKeychain";

function Row({
  provider,
  selected,
  onChoose,
}: {
  provider: ProviderStatus;
  selected: boolean;
  onChoose: (id: string | null) => void;
}) {
  const { id, name, dialect, models, enabled } = provider;
  const key = keyWord(provider);
  const winner = useWinner(provider);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const rows = [...document.querySelectorAll<HTMLElement>("[data-provider]")];
    const to = rows[rows.indexOf(event.currentTarget) + (event.key === "ArrowDown" ? 1 : -1)];
    if (!to) return;
    event.preventDefault();
    to.focus();
  };
  return (
    <TableRow selected={selected} className={cx(!enabled && styles.off)} onClick={() => onChoose(id)}>
      <td>
        <button
          type="button"
          className={styles.rowButton}
          data-provider={id}
          aria-expanded={selected}
          onKeyDown={onKeyDown}
          title={provider.baseUrl}
        >
          {name}
        </button>
      </td>
      <td data-extra="wide" className={styles.address}>
        {dialect === "simulated" ? "no network" : shortAddress(provider.baseUrl)}
      </td>
      <td data-extra="true">{dialect}</td>
      <td>
        <span
          className={cx(styles.cell, styles[winner ? "warn" : key.tone])}
          title={winner ? winnerWords(winner) : undefined}
        >
          {winner ? <TriangleAlert size={12} /> : key.icon}
          {key.text}
          {winner && <span className="srOnly">{winnerWords(winner)}</span>}
        </span>
      </td>
      <td data-right>{models.length || ""}</td>
      <td>
        <LastTest provider={provider} />
      </td>
      <td onClick={(event) => event.stopPropagation()}>
        <Switch
          label={`${name} can be asked`}
          checked={enabled}
          onChange={(now) => void attempt(() => ipc().setProviderEnabled(id, now))}
        />
      </td>
    </TableRow>
  );
}

function LastTest({ provider }: { provider: ProviderStatus }) {
  const check = useChecks((s) => s.checks[provider.id]);
  const { lastTest, enabled, problem } = provider;
  const found = typeof check?.found === "object" ? check.found : null;
  const why = found?.problem ?? problem;
  if (check?.running) return <State icon={null}>asking</State>;
  if (!enabled) return <State icon={<CircleOff size={12} />}>off</State>;
  if (typeof check?.found === "string" || (lastTest && !lastTest.ok) || (!lastTest && problem))
    return (
      <State tone="danger" icon={<CircleX size={12} />}>
        {why ? whyNot(why.kind, provider.key) : "failed"}
      </State>
    );
  if (!lastTest) return <State icon={null}>not tested</State>;
  return (
    <span className={styles.tested}>
      <State tone="ok" icon={<Check size={12} />}>
        works
      </State>
      <span className={styles.num}>{duration(lastTest.ms)}</span>
    </span>
  );
}

/** What wants a hand: refused keys, and keys that lie in the environment unused. */
function Notes({
  providers,
  onReplace,
}: {
  providers: readonly ProviderStatus[];
  onReplace: (id: string) => void;
}) {
  const checks = useChecks((s) => s.checks);
  const { data: keys } = useEnvironmentKeys();
  const { data: presets } = usePresets();
  const refused = providers.flatMap((provider) => {
    const found = checks[provider.id]?.found;
    const problem = (found && typeof found === "object" ? found.problem : null) ?? provider.problem;
    return provider.enabled && problem?.kind === "auth" && provider.key === "present"
      ? [{ provider, problem }]
      : [];
  });
  const unused = (keys ?? []).filter(({ inUse }) => !inUse);
  const use = () =>
    attempt(async () => {
      for (const key of unused) {
        const there = providers.find(({ id }) => id === key.provider);
        const preset = presets?.find(({ id }) => id === key.provider);
        if (there) await ipc().setProviderEnabled(there.id, true);
        else if (preset) await ipc().addProvider(fromPreset(preset, preset.id, `env:${key.variable}`));
        await test(key.provider);
      }
    });
  if (refused.length + unused.length === 0) return null;
  return (
    <div className={styles.notes}>
      {refused.map(({ provider, problem }) => (
        <Note
          key={provider.id}
          tone="danger"
          actions={
            <Button small onClick={() => onReplace(provider.id)}>
              Replace key
            </Button>
          }
        >
          {provider.name} refused the key: {problem.message}
        </Note>
      ))}
      {unused.length > 0 && (
        <Note
          tone="info"
          actions={
            <Button small onClick={() => void use()}>
              {unused.length === 1 ? "Use it" : unused.length === 2 ? "Use both" : "Use them"}
            </Button>
          }
        >
          {listed(unused.map(({ variable }) => variable))} {unused.length === 1 ? "is" : "are"} set in the
          environment, and {listed(unused.map(({ name }) => name))} {unused.length === 1 ? "does" : "do"} not
          use
          {unused.length === 1 ? " it" : " them"} yet.
        </Note>
      )}
    </div>
  );
}

const listed = (words: string[]) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
