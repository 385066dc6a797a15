import { useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import styles from "./Charts.module.css";
import { named, type Slot } from "./scale";
import { useWidth } from "./useWidth";

export type Reading = { name: string; value: string; colour: string };

type Props = {
  /** What it shows, for those who do not see it. */
  label: string;
  slots: readonly Slot[];
  height: number;
  /** Room at the right, for labels. */
  right: number;
  /** The axis from zero. */
  axis: readonly number[];
  write: (value: number) => string;
  /** What a slot says, the total last. */
  read: (slot: number) => readonly Reading[];
  /** Leads to what a slot is made of. */
  onPick?: ((slot: number) => void) | undefined;
  /** Slots are as wide as their time (bars), or points at their beginning (lines). */
  bars: boolean;
  /** Draws within the axes. `x` is the middle of a slot, `y` the height of a value. */
  children: (place: {
    x: (slot: number) => number;
    y: (value: number) => number;
    /** How wide one slot is, and where the axes end. */
    wide: number;
    end: number;
    at: number | null;
  }) => ReactNode;
};

const TOP = 8;
const BELOW = 22;

/**
 * Axes, and one reading at a time: under the pointer, or where the arrow keys went. For screen readers it is a slider
 * over its slots, which says what each slot holds.
 */
export function Plot({ label, slots, height, right, axis, write, read, onPick, bars, children }: Props) {
  const [ref, width] = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const left = 12 + Math.max(...axis.map((tick) => write(tick).length)) * 6.4;
  const end = Math.max(left + 40, width - right);
  const floor = height - BELOW;
  const most = axis.at(-1) || 1;
  const wide = (end - left) / Math.max(1, bars ? slots.length : slots.length - 1);
  const x = (slot: number) => left + wide * (bars ? slot + 0.5 : slots.length === 1 ? 0.5 : slot);
  const y = (value: number) => floor - (value / most) * (floor - TOP);
  const last = slots.length - 1;
  const held = at === null ? null : Math.min(at, last);
  const slot = held === null ? undefined : slots[held];

  const onMove = (event: PointerEvent<HTMLDivElement>) => {
    const px = event.clientX - event.currentTarget.getBoundingClientRect().left - left;
    const index = bars ? Math.floor(px / wide) : Math.round(px / wide);
    setAt(px < -8 || index < 0 || index > last ? null : index);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const from = held ?? last;
    const to = {
      ArrowRight: held === null ? last : from + 1,
      ArrowUp: held === null ? last : from + 1,
      ArrowLeft: held === null ? last : from - 1,
      ArrowDown: held === null ? last : from - 1,
      PageUp: from + 7,
      PageDown: from - 7,
      Home: 0,
      End: last,
    }[event.key];
    if (to !== undefined) setAt(Math.max(0, Math.min(last, to)));
    else if (event.key === "Escape" && held !== null) setAt(null);
    else if ((event.key === "Enter" || event.key === " ") && onPick && held !== null) onPick(held);
    else return;
    event.preventDefault();
  };

  const readings = held === null ? [] : read(held);
  const said = slot
    ? `${slot.long}: ${readings.map(({ name, value }) => `${name} ${value}`).join(", ")}`
    : "no slot chosen";
  return (
    <div
      ref={ref}
      className={styles.plot}
      style={{ height }}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, last)}
      aria-valuenow={held ?? Math.max(0, last)}
      aria-valuetext={said}
      aria-orientation="horizontal"
      data-picks={onPick && held !== null ? "" : undefined}
      onPointerMove={onMove}
      onPointerLeave={() => setAt(null)}
      onBlur={() => setAt(null)}
      onKeyDown={onKeyDown}
      onClick={() => held !== null && onPick?.(held)}
    >
      {width > 0 && (
        <svg width={width} height={height} aria-hidden="true">
          {axis.map((tick) => (
            <g key={tick}>
              <line
                x1={left}
                x2={end}
                y1={y(tick)}
                y2={y(tick)}
                className={tick === 0 ? styles.base : styles.grid}
              />
              <text x={left - 6} y={y(tick) + 4} textAnchor="end" className={styles.axis}>
                {write(tick)}
              </text>
            </g>
          ))}
          {named(slots, end - left).map((i) => (
            <text
              key={i}
              x={Math.min(x(i), width - 20)}
              y={height - 5}
              textAnchor="middle"
              className={styles.axis}
            >
              {slots[i]?.short}
            </text>
          ))}
          {held !== null &&
            (bars ? (
              <rect
                x={x(held) - wide / 2}
                y={TOP}
                width={wide}
                height={floor - TOP}
                className={styles.held}
              />
            ) : (
              <line x1={x(held)} x2={x(held)} y1={TOP} y2={floor} className={styles.cursor} />
            ))}
          {children({ x, y, wide, end, at: held })}
        </svg>
      )}
      {slot && held !== null && (
        <div
          className={styles.tip}
          aria-hidden="true"
          style={x(held) > width / 2 ? { right: width - x(held) + 12 } : { left: x(held) + 12 }}
        >
          <b>{slot.long}</b>
          {readings.map(({ name, value, colour }) => (
            <span key={name}>
              <i style={{ background: colour }} />
              <bdi>{name}</bdi>
              <em>{value}</em>
            </span>
          ))}
        </div>
      )}
    </div>
  );
}
