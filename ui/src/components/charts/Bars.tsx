import styles from "./Charts.module.css";
import { Plot, type Reading } from "./Plot";
import { ticks, type Slot } from "./scale";

export type Series = {
  id: string;
  name: string;
  colour: string;
  /** One for each slot. */
  values: readonly number[];
};

type Props = {
  label: string;
  slots: readonly Slot[];
  /** The first stands at the bottom. */
  series: readonly Series[];
  write: (value: number) => string;
  /** More about a slot than its bars say, after its total. */
  more?: (slot: number) => readonly Reading[];
  /** The last slot is not over yet. */
  open?: boolean;
  height?: number;
  onPick?: (slot: number) => void;
};

/** Stacked bars over time, from zero, with the names of the series beside them. */
export function Bars({ label, slots, series: all, write, more, open, height = 240, onPick }: Props) {
  // What has no bar anywhere needs no colour here.
  const series = all.filter(({ values }) => values.some((value) => value > 0));
  const totals = slots.map((_, i) => series.reduce((sum, one) => sum + (one.values[i] ?? 0), 0));
  const axis = ticks(Math.max(0, ...totals));
  const read = (slot: number): Reading[] => [
    ...series
      .filter((one) => (one.values[slot] ?? 0) > 0)
      .toReversed()
      .map((one) => ({ name: one.name, value: write(one.values[slot] ?? 0), colour: one.colour })),
    ...(series.length > 1
      ? [{ name: "together", value: write(totals[slot] ?? 0), colour: "transparent" }]
      : []),
    ...(more?.(slot) ?? []),
  ];
  return (
    <div className={styles.bars}>
      <Plot
        bars
        label={label}
        slots={slots}
        height={height}
        right={8}
        axis={axis}
        write={write}
        read={read}
        onPick={onPick}
      >
        {({ x, y, wide }) => {
          const inner = Math.max(1, wide - Math.min(6, wide * 0.2));
          return slots.map((slot, i) => {
            let sum = 0;
            const total = totals[i] ?? 0;
            return (
              <g key={slot.from}>
                {series.map((one) => {
                  const value = one.values[i] ?? 0;
                  if (value <= 0) return null;
                  const [low, high] = [y(sum), y(sum + value)];
                  sum += value;
                  // A hair between two colours; what is too small for one keeps what it has.
                  const tall = low - high;
                  return (
                    <rect
                      key={one.id}
                      x={x(i) - inner / 2}
                      y={high}
                      width={inner}
                      height={Math.max(0.5, tall > 3 ? tall - 1 : tall)}
                      fill={one.colour}
                    />
                  );
                })}
                {open && i === slots.length - 1 && total > 0 && (
                  <rect
                    x={x(i) - inner / 2 - 1}
                    y={y(total) - 1}
                    width={inner + 2}
                    height={y(0) - y(total) + 1}
                    className={styles.open}
                  />
                )}
              </g>
            );
          });
        }}
      </Plot>
      {series.length > 1 && (
        <ul className={styles.legend}>
          {series.toReversed().map(({ id, name, colour }) => (
            <li key={id}>
              <i style={{ background: colour }} />
              <bdi title={name}>{name}</bdi>
            </li>
          ))}
          {open && <li className={styles.so}>dotted: so far</li>}
        </ul>
      )}
    </div>
  );
}
