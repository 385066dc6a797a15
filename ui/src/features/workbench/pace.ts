/**
 * How many growing answers one frame may draw. Eight columns that all grow in every frame are more than a web view
 * without a graphics card can paint: then they take turns, so that the frame, and with it typing and scrolling,
 * stays quick. The figure follows what the frames themselves say: one too late takes some away, on time gives back.
 */
export class Pace {
  private last: number | null = null;
  private share = START;

  /** Answers that may grow in the frame that begins at `at` (ms), when `due` would. */
  room(at: number, due: number): number {
    if (this.last !== null) {
      const gap = at - this.last;
      if (gap > LATE_MS) this.share = Math.max(LEAST, this.share / 2);
      else this.share = Math.min(Math.max(due, LEAST), this.share + MORE);
    }
    this.last = at;
    return Math.max(1, Math.floor(this.share));
  }

  /** Nothing waits any more: the time until the next frame says nothing. */
  rest(): void {
    this.last = null;
  }
}

/** A frame at 60 Hz takes 16.7 ms; one that was missed makes it 33. */
const LATE_MS = 26;
const START = 8;
const LEAST = 1;
/** Given back by each frame on time. To try a further answer costs a late frame: fewer than one in thirty. */
const MORE = 0.03;
