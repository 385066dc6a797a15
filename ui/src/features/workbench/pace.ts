/**
 * How many growing answers a frame draws. Where a web view paints in software, eight answers in one frame can take
 * several times what a frame should, and leave no time for typing and scrolling. So answers take turns: after a frame
 * that was late, the next ones draw half as many; after many that were in time, one more. When even one is too much,
 * the screen is left alone for as long as that frame took: drawing has half of the time at most.
 */
export class Pace {
  private most = MOST;
  private inTime = 0;
  private free = 0;

  /** How many growing answers may be drawn in the frame that begins at `at` (ms). */
  room(at: number): number {
    return at >= this.free ? this.most : 0;
  }

  /** A frame drew so many; the one after it began at `next`, so many ms later. */
  took(ms: number, next: number, drawn: number): void {
    if (ms <= LATE_MS) {
      this.inTime += drawn >= this.most ? 1 : 0;
      if (this.inTime < STEADY || this.most >= MOST) return;
      this.most += 1;
    } else {
      if (drawn <= 1) this.free = next + Math.min(ms, LONGEST_MS);
      this.most = Math.max(1, Math.floor(Math.min(this.most, drawn) / 2));
    }
    this.inTime = 0;
  }
}

/** More columns than a window can show. */
const MOST = 16;
/** A frame at 60 Hz takes 16.7 ms; one that was missed makes it 33. */
const LATE_MS = 26;
/** So many full frames in time, about a second, before one more answer is tried in each. */
const STEADY = 60;
/** A text is never left alone for longer than this. */
const LONGEST_MS = 250;
