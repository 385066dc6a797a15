/** How what was learned moved: points of single hours, as lines over slots of time. */
import type { LearnedPoint, LearnedTarget, SlotStep } from "@/ipc";

export type Back = "now" | "day" | "week" | "month";

export const backs: readonly { value: Back; label: string; hours: number }[] = [
  { value: "now", label: "Now", hours: 0 },
  { value: "day", label: "24 hours", hours: 24 },
  { value: "week", label: "7 days", hours: 7 * 24 },
  { value: "month", label: "30 days", hours: 30 * 24 },
];

export const hoursOf = (back: Back): number => backs.find(({ value }) => value === back)?.hours ?? 0;

const HOUR_MS = 3_600_000;

/** Slots up to now: hours, of a month days of the user's own time. */
export function slotsBack(
  back: Back,
  now: number,
): { step: SlotStep; starts: readonly string[]; until: string } {
  const until = new Date(now).toISOString();
  const hours = hoursOf(back);
  if (back === "month") {
    const today = new Date(now);
    const starts = Array.from({ length: hours / 24 }, (_, i) =>
      new Date(today.getFullYear(), today.getMonth(), today.getDate() - (hours / 24 - 1 - i)).toISOString(),
    );
    return { step: "day", starts, until };
  }
  const last = now - (now % HOUR_MS);
  const starts = Array.from({ length: hours }, (_, i) =>
    new Date(last - (hours - 1 - i) * HOUR_MS).toISOString(),
  );
  return { step: "hour", starts, until };
}

/** What was known at the end of each slot: a mean stays what it is until the next observation. */
export function known(
  course: readonly LearnedPoint[],
  { starts, until }: { starts: readonly string[]; until: string },
): (number | null)[] {
  const points = course.map(({ hour, mean }) => ({ at: Date.parse(hour), mean }));
  let next = 0;
  let last: number | null = null;
  return starts.map((_, i) => {
    const end = Date.parse(starts[i + 1] ?? until);
    for (let point = points[next]; point && point.at < end; point = points[++next]) last = point.mean;
    return last;
  });
}

export type Course = { target: string; weight: number; values: (number | null)[] };

/** One measure of all targets over these slots, whoever was observed most first; who was not is left out. */
export function courses(
  rows: readonly LearnedTarget[],
  measure: string,
  span: { starts: readonly string[]; until: string },
): Course[] {
  return rows
    .flatMap(({ target, measures }) => {
      const found = measures.find((one) => one.measure === measure);
      const values = known(found?.course ?? [], span);
      return found && values.some((value) => value !== null)
        ? [{ target, weight: found.weight ?? 0, values }]
        : [];
    })
    .sort((a, b) => b.weight - a.weight || (a.target < b.target ? -1 : 1));
}
