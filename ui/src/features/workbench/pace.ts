/**
 * How many growing answers a frame draws, and how often. Where a web view paints in software, an answer can take
 * several milliseconds to draw, and eight of them more than a frame has. So drawing is given a share of the time and a
 * part of each frame; answers take turns in it, and what was typed comes first. Where drawing is quick, every frame draws
 * every answer.
 */
export class Pace {
  private each = 0;
  private free = 0;
  private key = -Infinity;
  private drawn = -Infinity;
  /** Whether the last frame that drew something came late to the screen. */
  private late = false;

  /** How many growing answers may be drawn in the frame that begins at `at` (ms). */
  room(at: number): number {
    if (at < this.free || this.isForTyping(at)) return 0;
    if (this.each === 0) return FIRST;
    // Where painting is what takes long, it takes as long for one answer as for all.
    if (this.late && this.each * USUAL <= LATE_FRAME_MS) return MOST;
    return Math.min(MOST, Math.max(1, Math.floor(FRAME_MS / this.each)));
  }

  /** In how many ms from `at` on answers may be drawn again, if nobody types meanwhile: until then no frame is asked for. */
  wait(at: number): number {
    let then = Math.max(at, this.free, this.key + TYPED_MS);
    if (this.isForTyping(then)) then = Math.min(this.key + PAUSE_MS, this.drawn + LONGEST_UNDRAWN_MS);
    return Math.max(0, then - at);
  }

  /** A frame that began at `at` drew so many, and was done with that so many ms later. */
  took(ms: number, at: number, drawn: number): void {
    const each = ms / Math.max(1, drawn);
    this.each = this.each === 0 ? each : this.each + (each - this.each) * WEIGHT;
    this.drawn = at;
    const rest = Math.max(ms / SHARE, ms > QUICK_MS ? APART_MS : 0);
    this.free = Math.max(this.free, at + Math.min(rest, LONGEST_MS));
  }

  /** The frame after one that began at `at`, and drew something, began so many ms after it. */
  next(ms: number, at: number): void {
    this.late = ms > LATE_MS;
    if (this.late) this.free = Math.max(this.free, at + Math.min(ms, LONGEST_MS) + ON_TIME_MS);
  }

  /** A key went down at `at`: the frames in which its character is drawn are left to it. */
  typed(at: number): void {
    // Whoever types on without end sees the answers grow between two keys.
    if (this.late || at >= this.key + TYPED_MS) this.key = at;
  }

  /**
   * Where frames come late, whoever types is drawn for in time only if nothing else is begun before the next key: so
   * answers are drawn right after a key's own frames, when the next one is furthest away.
   */
  private isForTyping(at: number): boolean {
    const since = at - this.key;
    if (since < TYPED_MS) return true;
    return this.late && since > AFTER_KEY_MS && since < PAUSE_MS && at - this.drawn < LONGEST_UNDRAWN_MS;
  }
}

/** More columns than a window can show. */
const MOST = 16;
/** Until it is known what one costs. */
const FIRST = 2;
/** What scripts and layout may take of a frame's 16.7 ms for it: painting, which nobody can measure, comes on top. */
const FRAME_MS = 6;
/** And of all time. */
const SHARE = 0.12;
/** What takes no longer than this is drawn in every frame. */
const QUICK_MS = 2;
/** Else frames that draw are this far apart: each of them is laid out and painted as well, which costs more than scripts. */
const APART_MS = 80;
/** How much the last frame counts for what one answer costs. */
const WEIGHT = 0.1;
/** Two frames. */
const TYPED_MS = 34;
/** A text is never left alone for longer than this for what scripts take. */
const LONGEST_MS = 250;
/** A frame later than this has missed the screen's turn. */
const LATE_MS = 28;
/** What scripts and layout of a usual number of columns may take in a frame that is late in any case. */
const LATE_FRAME_MS = 48;
const USUAL = 8;
/** A late frame is followed by twenty that are in time, so that it is one in twenty that is felt. */
const ON_TIME_MS = 20 * 17;
/** When the frames after a key are over for drawing, where they come late. */
const AFTER_KEY_MS = 51;
/** Nobody types any more. */
const PAUSE_MS = 400;
/** Not even for one who types on and on. */
const LONGEST_UNDRAWN_MS = 1_200;
