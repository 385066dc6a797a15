import { Select } from "@/components/Select";
import { Switch } from "@/components/Switch";
import type { Ability, Policy } from "@/ipc";
import { NumberField } from "./NumberField";
import { Patterns } from "./Patterns";
import styles from "./Routing.module.css";
import { abilities, brokenOff, strategies } from "./words";

type Props = { policy: Policy; onChange: (now: Partial<Policy>) => void };

/** How one of the ranked is chosen, and who may not be. */
export function Constraints({ policy, onChange }: Props) {
  const {
    strategy,
    explore,
    allow,
    deny,
    order,
    require,
    localOnly,
    maxCost,
    maxFirstMs,
    minQuality,
    warmS,
    hedgeMs,
    onCut,
  } = policy;
  const says = strategies.find(({ value }) => value === strategy)?.says;
  return (
    <section className={styles.half} aria-label="Strategy and constraints">
      <header className={styles.title}>
        <h2>Strategy and constraints</h2>
      </header>
      <Setting name="strategy">
        <Select
          small
          className={styles.select}
          label="Strategy"
          value={strategy}
          options={strategies.map(({ value, label, says }) => ({ value, label, hint: says }))}
          onChange={(next) => onChange({ strategy: next })}
        />
        {strategy === "bandit" ? (
          <NumberField
            label="Share of calls that explore"
            value={Number(((explore ?? 0) * 100).toFixed(2))}
            min={0}
            max={50}
            after="% of calls explore"
            onChange={(share) => onChange({ explore: (share ?? 0) / 100 })}
          />
        ) : (
          <span className={styles.quiet}>{says}</span>
        )}
      </Setting>
      {strategy === "priority" && (
        <Setting name="order">
          <Patterns label="Order" patterns={order} ordered onChange={(next) => onChange({ order: next })} />
        </Setting>
      )}
      <Setting name="allow">
        <Patterns
          label="Allow"
          patterns={allow}
          none="everybody"
          onChange={(next) => onChange({ allow: next })}
        />
      </Setting>
      <Setting name="deny">
        <Patterns label="Deny" patterns={deny} none="nobody" onChange={(next) => onChange({ deny: next })} />
      </Setting>
      <Setting name="require">
        <Abilities chosen={require} label="Require" onChange={(next) => onChange({ require: [...next] })} />
      </Setting>
      <Setting name="local only">
        <Switch label="Local only" checked={localOnly} onChange={(on) => onChange({ localOnly: on })} />
        <span className={styles.quiet}>nothing leaves this machine</span>
      </Setting>
      <Setting name="at most">
        <NumberField
          label="Most per call"
          before="$"
          value={maxCost === null ? null : Number(maxCost)}
          min={0}
          placeholder="any"
          after="a call"
          onChange={(usd) => onChange({ maxCost: usd === null ? null : plain(usd) })}
        />
        <NumberField
          label="Longest to the first word"
          value={maxFirstMs === null ? null : maxFirstMs / 1_000}
          min={0.001}
          placeholder="any"
          after="s to the first word"
          onChange={(s) => onChange({ maxFirstMs: s === null ? null : Math.round(s * 1_000) })}
        />
      </Setting>
      <Setting name="at least">
        <NumberField
          label="Least quality"
          value={minQuality}
          min={0}
          max={1}
          placeholder="any"
          after="quality, of 1"
          onChange={(least) => onChange({ minQuality: least })}
        />
      </Setting>
      <Setting name="hedge">
        <NumberField
          label="Ask another after"
          before="ask another after"
          value={hedgeMs == null ? null : hedgeMs / 1_000}
          min={0}
          placeholder="–"
          after="s without a word; both are paid for"
          onChange={(s) => onChange({ hedgeMs: s === null ? null : Math.round(s * 1_000) })}
        />
      </Setting>
      <Setting name="broken off">
        <Select
          small
          className={styles.select}
          label="When an answer breaks off"
          value={onCut ?? "usual"}
          options={brokenOff}
          onChange={(next) => onChange({ onCut: next === "usual" ? null : next })}
        />
        <span className={styles.quiet}>
          {onCut === "resume" && "one answer; both are paid for"}
          {onCut === "fail" && "what came is kept"}
        </span>
      </Setting>
      <Setting name="warm cache">
        <Switch label="Warm cache" checked={warmS > 0} onChange={(on) => onChange({ warmS: on ? 300 : 0 })} />
        {warmS > 0 ? (
          <NumberField
            label="Keep a conversation for"
            before="stay for"
            value={warmS}
            min={1}
            after="s with who has read it"
            onChange={(s) => onChange({ warmS: Math.round(s ?? 0) })}
          />
        ) : (
          <span className={styles.quiet}>each prompt is decided anew</span>
        )}
      </Setting>
    </section>
  );
}

/** Dollars as the settings write them, never as `1e-7`. */
const plain = (usd: number) => (Number.isInteger(usd) ? String(usd) : usd.toFixed(9).replace(/0+$/, ""));

function Setting({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className={styles.setting}>
      <span>{name}</span>
      <span className={styles.beside}>{children}</span>
    </div>
  );
}

/** What somebody has to be able to do, as buttons that stay down. */
export function Abilities({
  label,
  chosen,
  onChange,
}: {
  label: string;
  chosen: readonly Ability[];
  onChange: (chosen: readonly Ability[]) => void;
}) {
  return (
    <span className={styles.toggles} role="group" aria-label={label}>
      {abilities.map(({ value, label: name }) => {
        const on = chosen.includes(value);
        return (
          <button
            key={value}
            type="button"
            aria-pressed={on}
            onClick={() => onChange(on ? chosen.filter((one) => one !== value) : [...chosen, value])}
          >
            {name}
          </button>
        );
      })}
    </span>
  );
}
