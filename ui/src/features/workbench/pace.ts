/**
 * When growing answers are drawn. Where a web view paints in software, one frame with new text can take several
 * times what a frame should, however little of it changed; drawn in every frame, text would leave no time for typing
 * and scrolling. So after a frame that was late, the screen is left alone for as long as that frame took: drawing
 * has half of the time at most. Where frames come in time, every one of them draws.
 */
export class Pace {
  private free = 0;

  /** Whether growing answers may be drawn in the frame that begins at `at` (ms). */
  draws(at: number): boolean {
    return at >= this.free;
  }

  /** A frame drew; the one after it began at `next`, so many ms later. */
  took(ms: number, next: number): void {
    this.free = ms > LATE_MS ? next + Math.min(ms, LONGEST_MS) : 0;
  }
}

/** A frame at 60 Hz takes 16.7 ms; one that was missed makes it 33. */
const LATE_MS = 26;
/** Text is never older than this and the frame that draws it. */
const LONGEST_MS = 250;
