import { Check, CircleX, RotateCcw, ShieldCheck, TriangleAlert, Unplug } from "lucide-react";
import { useState } from "react";
import { State } from "@/components/Badge";
import { Button } from "@/components/Button";
import { EmptyState, ErrorState, Skeleton } from "@/components/States";
import { Table, TableRow } from "@/components/Table";
import { attempt } from "@/components/tried";
import { notify } from "@/components/toasts";
import { ipc, reason, type BreakerView, type LimitView, type UsedLimit } from "@/ipc";
import { count } from "@/lib/figures";
import { shortName } from "@/lib/target";
import { useBreakers, useLimits } from "./api";
import { PickDialog } from "./PickDialog";
import styles from "./Routing.module.css";
import { breakerWords } from "./words";

/** Who is left alone, and how much of their limits providers have left. */
export function HealthPage() {
  const breakers = useBreakers();
  const limits = useLimits();
  const [tripping, setTripping] = useState(false);
  return (
    <>
      <header className={styles.bar}>
        <ShieldCheck size={14} aria-hidden="true" />
        <h1>Breakers and limits</h1>
        <span className={styles.quiet}>of this window and its gateway, as they are now</span>
        <span className={styles.space} />
        <Button small onClick={() => setTripping(true)}>
          <Unplug size={12} />
          Leave a model alone…
        </Button>
      </header>
      <div className={styles.scroll} tabIndex={-1}>
        <section className={styles.part} aria-label="Circuit breakers">
          <header className={styles.title}>
            <h2>Circuit breakers</h2>
            <span className={styles.quiet}>
              three failures in a row open one; after a minute one call finds out
            </span>
          </header>
          {breakers.error && !breakers.data ? (
            <ErrorState
              title="The breakers cannot be read"
              why={reason(breakers.error)}
              onRetry={() => void breakers.refetch()}
            />
          ) : !breakers.data ? (
            <Skeleton rows={4} label="Reading the breakers" />
          ) : breakers.data.length === 0 ? (
            <EmptyState icon={<Check size={20} />} title="Nobody has failed of late">
              A model that fails three times in a row is left alone for a minute, so that nobody waits for it;
              then one call finds out whether it is back. Refusals for too many requests do not count.
            </EmptyState>
          ) : (
            <Breakers breakers={breakers.data} />
          )}
        </section>
        <section className={styles.part} aria-label="Limits within a minute">
          <header className={styles.title}>
            <h2>Limits, last 60 s</h2>
            <span className={styles.quiet}>of config.toml, and what providers say of themselves</span>
          </header>
          {limits.error && !limits.data ? (
            <ErrorState
              title="The limits cannot be read"
              why={reason(limits.error)}
              onRetry={() => void limits.refetch()}
            />
          ) : !limits.data ? (
            <Skeleton rows={4} label="Reading the limits" />
          ) : limits.data.length === 0 ? (
            <EmptyState title="No provider has a limit">
              <code>limits = {"{ rpm = 50, tpm = 100000, concurrent = 4 }"}</code> in a provider’s lines of
              config.toml holds calls back before the provider would refuse them. What a provider says of its
              own limits is obeyed in any case, and shown here while it lasts.
            </EmptyState>
          ) : (
            <Limits limits={limits.data} />
          )}
        </section>
      </div>
      {tripping && (
        <PickDialog
          title="Leave a model alone for a minute"
          onClose={() => setTripping(false)}
          onPick={(target) => {
            setTripping(false);
            void attempt(() => ipc().tripBreaker(target)).then(
              (done) => done && notify({ text: `${target} is left alone for a minute` }),
            );
          }}
        />
      )}
    </>
  );
}

const tones = { open: "danger", halfOpen: "warn", closed: "ok" } as const;
const icons = { open: CircleX, halfOpen: TriangleAlert, closed: Check };
const names = { open: "open", halfOpen: "half-open", closed: "closed" } as const;

function Breakers({ breakers }: { breakers: readonly BreakerView[] }) {
  const reset = (target: string) =>
    void attempt(() => ipc().resetBreaker(target)).then(
      (done) => done && notify({ text: `${target} is asked again` }),
    );
  return (
    <Table
      label="Circuit breakers"
      columns={[
        { title: "Target" },
        { title: "State", width: "110px" },
        { title: "Why", width: "42%", extra: true },
        { title: "Key", width: "76px", extra: true },
        { title: "Do", width: "172px", silent: true },
      ]}
    >
      {breakers.map((one) => {
        const Icon = icons[one.state];
        return (
          <TableRow key={`${one.target} ${one.key}`}>
            <td title={one.target}>
              <bdi>{one.target}</bdi>
            </td>
            <td title={breakerWords(one)}>
              <State tone={tones[one.state]} icon={<Icon size={12} />}>
                {names[one.state]}
              </State>
            </td>
            <td data-extra="true" className={styles.figures}>
              {breakerWords(one)}
            </td>
            <td data-extra="true">{one.key ? `…${one.key}` : "none"}</td>
            <td className={styles.doing}>
              {one.state !== "open" && (
                <Button
                  small
                  kind="ghost"
                  aria-label={`Trip the breaker of ${one.target}`}
                  onClick={() => void attempt(() => ipc().tripBreaker(one.target))}
                >
                  <Unplug size={12} />
                  Trip
                </Button>
              )}
              <Button
                small
                kind="ghost"
                aria-label={`Reset the breaker of ${one.target}`}
                onClick={() => reset(one.target)}
              >
                <RotateCcw size={12} />
                Reset
              </Button>
            </td>
          </TableRow>
        );
      })}
    </Table>
  );
}

function Limits({ limits }: { limits: readonly LimitView[] }) {
  const cell = (limit: UsedLimit | null, unit: string) => (
    <td>{limit ? <Used {...limit} unit={unit} /> : <span className={styles.quiet}>none set</span>}</td>
  );
  return (
    <Table
      label="Limits"
      columns={[
        { title: "Provider" },
        { title: "Requests", width: "22%" },
        { title: "Tokens", width: "24%" },
        { title: "Calls at a time", width: "20%" },
        { title: "Says nothing is left", width: "20%", extra: true },
      ]}
    >
      {limits.map(({ provider, requests, tokens, calls, usedUp }) => (
        <TableRow key={provider}>
          <td>
            <bdi>{provider}</bdi>
          </td>
          {cell(requests, "requests")}
          {cell(tokens, "tokens")}
          {cell(calls, "calls")}
          <td data-extra="true" title={usedUp.map(({ target }) => target).join("\n")}>
            {usedUp.length === 0 ? (
              <span className={styles.quiet}>no</span>
            ) : (
              <State tone="warn" icon={<TriangleAlert size={12} />}>
                for {Math.ceil(Math.max(...usedUp.map(({ waitMs }) => waitMs)) / 1_000)}&nbsp;s,{" "}
                {usedUp.length === 1 ? shortName(usedUp[0]?.target ?? "") : `${usedUp.length} models`}
              </State>
            )}
          </td>
        </TableRow>
      ))}
    </Table>
  );
}

/** How much of a limit is used, as a bar and in figures. */
function Used({ used, most, unit }: UsedLimit & { unit: string }) {
  const share = most > 0 ? Math.min(1, used / most) : 1;
  return (
    <span className={styles.used} data-full={share >= 0.9 || undefined}>
      <span className={styles.meter} aria-hidden="true">
        <i style={{ width: `${share * 100}%` }} />
      </span>
      <span>
        {count(used)} / {count(most)}
        <span className="srOnly"> {unit}</span>
      </span>
    </span>
  );
}
