/** How models, prices and abilities are written. */
import { Braces, BrainCircuit, Eye, Globe, Wrench, type LucideIcon } from "lucide-react";
import type { Capabilities, CatalogEntry, NanoUsd, Prices } from "@/ipc";
import { cx } from "@/lib/classes";
import { count } from "@/lib/figures";
import { hasHue, hueNumberOf } from "@/lib/hues";
import styles from "./words.module.css";

/** `$0.175`, `$3.00`, `free`, `unknown`: dollars a million tokens, with cents, and more where there are more. */
export function perMillion(price: NanoUsd | null, local = false): string {
  if (price === null) return "unknown";
  const value = Number(price);
  if (value === 0) return local ? "free" : "$0";
  const [, decimals = ""] = String(value).split(".");
  return `$${value.toFixed(Math.max(2, Math.min(4, decimals.length)))}`;
}

export const tokens = (n: number | null): string => (n === null ? "unknown" : count(n));

/** `0.92`; `≥ 0.92` where an earlier version was measured in its place. */
export function qualityText({ quality, qualityOf }: Pick<CatalogEntry, "quality" | "qualityOf">): string {
  if (quality === null) return "not rated";
  return `${qualityOf === null ? "" : "≥\u00a0"}${quality.toFixed(2)}`;
}

/** Where a cached token is not priced apart, it costs what any does. */
export const cachedPrice = ({ cachedRead, input }: Prices): NanoUsd | null => cachedRead ?? input;

const pictures: readonly { ability: keyof Capabilities; name: string; Icon: LucideIcon }[] = [
  { ability: "vision", name: "reads images", Icon: Eye },
  { ability: "tools", name: "calls tools", Icon: Wrench },
  { ability: "reasoning", name: "reasons", Icon: BrainCircuit },
  { ability: "json", name: "writes JSON after a schema", Icon: Braces },
  { ability: "webSearch", name: "searches the web", Icon: Globe },
];

/** What a model can do, each at its own place; what it cannot do, or nobody knows, is faint. */
export function Abilities({ can }: { can: Capabilities }) {
  return (
    <span className={styles.abilities}>
      {pictures.map(({ ability, name, Icon }) =>
        can[ability] === true ? (
          <span key={ability} title={name}>
            <Icon size={14} role="img" aria-label={name} />
          </span>
        ) : (
          <span
            key={ability}
            className={styles.cannot}
            title={can[ability] === false ? `not: ${name}` : `unknown: ${name}`}
          >
            <Icon size={14} aria-hidden="true" />
          </span>
        ),
      )}
    </span>
  );
}

/** A model's dot: in its hue where it has one, or gets one now, else a ring. */
export function Dot({ of, now }: { of: string; now?: boolean }) {
  const hued = now || hasHue(of);
  return (
    <i
      className={cx(styles.dot, !hued && styles.without)}
      data-hue={hued ? hueNumberOf(of) : undefined}
      aria-hidden="true"
    />
  );
}

/** What a hue is kept by: the target where there is one. */
export const hueKey = ({ target, model }: Pick<CatalogEntry, "target" | "model">): string => target ?? model;

/** `anthropic/` quietly, then the name. */
export function Name({ provider, id }: { provider: string; id: string }) {
  return (
    <bdi className={styles.name}>
      <span className={styles.provider}>{provider}/</span>
      {id}
    </bdi>
  );
}

/** A canonical id in the same two pieces. */
export function ModelName({ model }: { model: string }) {
  const slash = model.indexOf("/");
  return slash < 0 ? (
    <bdi className={styles.name}>{model}</bdi>
  ) : (
    <Name provider={model.slice(0, slash)} id={model.slice(slash + 1)} />
  );
}

export function Bar({ value, label }: { value: number; label?: string }) {
  return (
    <span className={styles.bar} title={label} aria-hidden="true">
      <i style={{ width: `${Math.round(Math.min(1, Math.max(0, value)) * 100)}%` }} />
    </span>
  );
}
