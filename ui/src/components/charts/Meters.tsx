import type { ReactNode } from "react";
import styles from "./Charts.module.css";

export type Meter = {
  id: string;
  name: string;
  /** Before the name. */
  dot?: string | undefined;
  /** Its share of the longest, 0 to 1; `null` draws none. */
  share: number | null;
  /** Where the bar begins, 0 to 1, and a tick behind it. */
  from?: number;
  tick?: number | undefined;
  value: ReactNode;
  colour: string;
  title?: string;
  onPick?: (() => void) | undefined;
};

/** Bars that lie, all from one line, each with its name and its figure. */
export function Meters({ label, meters }: { label: string; meters: readonly Meter[] }) {
  return (
    <ul className={styles.meters} aria-label={label}>
      {meters.map((meter) => (
        <li key={meter.id} title={meter.title}>
          {meter.onPick ? (
            <button type="button" onClick={meter.onPick}>
              <Row {...meter} />
            </button>
          ) : (
            <Row {...meter} />
          )}
        </li>
      ))}
    </ul>
  );
}

const percent = (share: number) => `${(Math.max(0, Math.min(1, share)) * 100).toFixed(2)}%`;

function Row({ name, dot, share, from = 0, tick, value, colour }: Meter) {
  return (
    <span className={styles.meter}>
      <span className={styles.of}>
        {dot && <i style={{ background: dot }} />}
        <bdi>{name}</bdi>
      </span>
      <span className={styles.track} aria-hidden="true">
        {share !== null && (
          <i
            style={{
              insetInlineStart: percent(from),
              width: percent(share - from),
              background: colour,
            }}
          />
        )}
        {tick !== undefined && <u style={{ insetInlineStart: percent(tick) }} />}
      </span>
      <span className={styles.figure}>{value}</span>
    </span>
  );
}
