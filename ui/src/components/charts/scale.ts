/** Axes that do not lie: from zero, in round steps; and how slots of time are written. */
import type { SlotStep } from "@/ipc";

/** Round steps from zero to at least `most`; about `wanted` of them. */
export function ticks(most: number, wanted = 5): number[] {
  if (!(most > 0)) return [0];
  const raw = most / wanted;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = size * ([1, 2, 2.5, 5, 10].find((n) => n * size >= raw * 0.999) ?? 10);
  const count = Math.ceil((most / step) * 0.999);
  // By multiplication: sums of tenths drift.
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

export type Slot = {
  /** When it begins, and when it ends. */
  from: string;
  until: string;
  /** Under the axis, and where there is room for all of it. */
  short: string;
  long: string;
};

const locale = "en-GB";
const format = (options: Intl.DateTimeFormatOptions) => {
  const made = new Intl.DateTimeFormat(locale, options);
  return (at: number) => made.format(at);
};
const clock = format({ hour: "2-digit", minute: "2-digit" });
const date = format({ day: "numeric", month: "short" });
const weekday = format({ weekday: "short", day: "numeric", month: "short" });
const month = format({ month: "short", year: "numeric" });

/** Slots of a series in the user's own time. */
export function slotsOf(span: { step: SlotStep; starts: readonly string[]; until: string }): readonly Slot[] {
  return span.starts.map((from, i) => {
    const until = span.starts[i + 1] ?? span.until;
    const [at, end] = [Date.parse(from), Date.parse(until)];
    switch (span.step) {
      case "quarter":
      case "hour":
        return { from, until, short: clock(at), long: `${date(at)}, ${clock(at)} to ${clock(end)}` };
      case "sixHours":
        return { from, until, short: date(at), long: `${weekday(at)}, ${clock(at)} to ${clock(end)}` };
      case "day":
        return { from, until, short: date(at), long: weekday(at) };
      case "week":
        return { from, until, short: date(at), long: `${date(at)} to ${date(end - 1)}` };
      case "month":
        return { from, until, short: month(at), long: month(at) };
    }
  });
}

/** `15-minute`, `hour`, …: what each point of a series is of. */
export const stepName: Record<SlotStep, string> = {
  quarter: "15 minutes",
  hour: "hour",
  sixHours: "6 hours",
  day: "day",
  week: "week",
  month: "month",
};

/** Which slots are named under an axis of this width: evenly, each other name once, none over another. */
export function named(slots: readonly Slot[], width: number, room = 56): readonly number[] {
  const fits = Math.max(1, Math.floor(width / room));
  // Of several slots with one name (six hours of a day) the first is named.
  const firsts = slots.flatMap((slot, i) => (slot.short === slots[i - 1]?.short ? [] : [i]));
  const every = Math.ceil(firsts.length / fits);
  // The latest is what people look for: names are counted from there.
  return firsts.filter((_, i) => (firsts.length - 1 - i) % every === 0);
}

/** Moves labels apart that would stand over each other, each as little as it can; `at` is from the top. */
export function apart(at: readonly number[], least: number, most: number): number[] {
  const order = at.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y);
  let before = -Infinity;
  for (const label of order) before = label.y = Math.max(label.y, before + least);
  let after = most + least;
  for (const label of order.toReversed()) after = label.y = Math.min(label.y, after - least);
  const moved = [...at];
  for (const { y, i } of order) moved[i] = y;
  return moved;
}
