/**
 * How many growing answers a frame draws, and how often. Where a web view paints in software, an answer can take
 * several milliseconds to draw, and eight of them more than a frame has. So drawing is given a share of the time and a
 * part of each frame; answers take turns in it, and what was typed comes first. Where drawing is quick, every frame draws
 * every answer.
 */
export class Pace {
  private each = 0;
  private free = 0;
  private typing = 0;

  /** How many growing answers may be drawn in the frame that begins at `at` (ms). */
  room(at: number): number {
    if (at < this.free || at < this.typing) return 0;
    return this.each === 0 ? FIRST : Math.min(MOST, Math.max(1, Math.floor(FRAME_MS / this.each)));
  }

  /** A frame that began at `at` drew so many, and was done with that so many ms later. */
  took(ms: number, at: number, drawn: number): void {
    const each = ms / Math.max(1, drawn);
    this.each = this.each === 0 ? each : this.each + (each - this.each) * WEIGHT;
    this.free = at + Math.min(ms / SHARE, LONGEST_MS);
  }

  /** A key went down at `at`: the frames in which its character is drawn are left to it. */
  typed(at: number): void {
    // Whoever types on without end sees the answers grow between two keys.
    if (at >= this.typing) this.typing = at + TYPED_MS;
  }
}

/** More columns than a window can show. */
const MOST = 16;
/** Until it is known what one costs. */
const FIRST = 2;
/** What scripts and layout may take of a frame's 16.7 ms for it: painting, which nobody can measure, comes on top. */
const FRAME_MS = 4;
/** And of all time. */
const SHARE = 0.12;
/** How much the last frame counts for what one answer costs. */
const WEIGHT = 0.1;
/** Two frames. */
const TYPED_MS = 34;
/** A text is never left alone for longer than this. */
const LONGEST_MS = 250;
