import styles from "./Charts.module.css";
import { Plot } from "./Plot";
import { apart, ticks, type Slot } from "./scale";

export type Line = {
  name: string;
  colour: string;
  dashed?: boolean;
  /** One for each slot; where there is none, the line has a gap. */
  values: readonly (number | null)[];
};

type Props = {
  label: string;
  slots: readonly Slot[];
  lines: readonly Line[];
  write: (value: number) => string;
  /** The same, to the last figure that means something. */
  exact?: (value: number) => string;
  height?: number;
  onPick?: (slot: number) => void;
};

/** Lines over time, each named at its end. */
export function Lines({ label, slots, lines, write, exact = write, height = 220, onPick }: Props) {
  const axis = ticks(Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0))));
  const longest = Math.max(...lines.map(({ name }) => name.length));
  return (
    <Plot
      bars={false}
      label={label}
      slots={slots}
      height={height}
      right={16 + longest * 6.4}
      axis={axis}
      write={write}
      read={(slot) =>
        lines.map(({ name, colour, values }) => {
          const value = values[slot] ?? null;
          return { name, colour, value: value === null ? "no calls" : exact(value) };
        })
      }
      onPick={onPick}
    >
      {({ x, y, end, at }) => {
        const ends = lines.map(({ values }) => y(values.findLast((value) => value !== null) ?? 0));
        const labels = apart(ends, 13, height - 24);
        return lines.map(({ name, colour, dashed, values }, i) => (
          <g key={name}>
            <path
              d={path(values, x, y)}
              fill="none"
              stroke={colour}
              strokeWidth={dashed ? 1.5 : 1.75}
              strokeLinejoin="round"
              strokeLinecap="round"
              strokeDasharray={dashed ? "3 3" : undefined}
            />
            {alone(values).map((slot) => (
              <circle key={slot} cx={x(slot)} cy={y(values[slot] ?? 0)} r={2} fill={colour} />
            ))}
            {at !== null && values[at] !== null && values[at] !== undefined && (
              <circle cx={x(at)} cy={y(values[at])} r={3} fill={colour} />
            )}
            <text x={end + 6} y={(labels[i] ?? 0) + 4} className={styles.name}>
              {name}
            </text>
          </g>
        ));
      }}
    </Plot>
  );
}

/** A path that leaves gaps where nothing is known. */
export function path(
  values: readonly (number | null)[],
  x: (slot: number) => number,
  y: (value: number) => number,
): string {
  let pen = "M";
  let text = "";
  values.forEach((value, slot) => {
    if (value === null) {
      pen = "M";
      return;
    }
    text += `${pen}${x(slot).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = "L";
  });
  return text;
}

/** Points without a neighbour: no line goes there. */
const alone = (values: readonly (number | null)[]): number[] =>
  values.flatMap((value, i) =>
    value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null ? [i] : [],
  );
