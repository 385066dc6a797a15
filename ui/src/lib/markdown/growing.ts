/**
 * Text that grows at its end. Every addition makes a new value, so that whoever compares values sees it; all of them
 * share one list of pieces, so that to add costs the same however long the text is.
 */
export class Growing {
  private joined: string | undefined;

  private constructor(
    private readonly pieces: string[],
    private readonly count: number,
    /** In UTF-16 units. */
    readonly length: number,
  ) {}

  static of(text: string): Growing {
    const whole = new Growing(text ? [text] : [], text ? 1 : 0, text.length);
    whole.joined = text;
    return whole;
  }

  add(text: string): Growing {
    // Somebody has gone on from here already: this is another future.
    const pieces = this.pieces.length === this.count ? this.pieces : this.pieces.slice(0, this.count);
    pieces.push(text);
    return new Growing(pieces, this.count + 1, this.length + text.length);
  }

  /** What was added since `earlier`; `null` when this does not go on from there. */
  since(earlier: Growing): string | null {
    if (earlier === this) return "";
    if (earlier.pieces !== this.pieces || earlier.count > this.count) return null;
    return this.pieces.slice(earlier.count, this.count).join("");
  }

  /** All of it. Its cost grows with the text: not for every token. */
  toString(): string {
    return (this.joined ??= this.pieces.slice(0, this.count).join(""));
  }
}
