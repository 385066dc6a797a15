/**
 * A tree as rows, for a narrow place: the line that is followed stays at the left edge, and the other answers stand
 * below the one that it took, one step in. What follows comes after them.
 */
import { ahead, at, NONE, type Tree } from "./model";
import type { Shown } from "./shown";

export type Rows = {
  /** Items, from the top. */
  item: Int32Array;
  /** Steps from the left edge. */
  lane: Int32Array;
  /** By item, its row. */
  row: Int32Array;
  /** The row that a line leads to it from; {@link NONE} for the first. */
  from: Int32Array;
  /** Whether lines lead on from it. */
  on: Uint8Array;
  /** Lanes that a line runs through on its way further down, as bits. */
  through: Int32Array;
};

/** Lines further in are left out: nobody could follow them. */
const LANES = 30;

export function rowsOf(tree: Tree, shown: Shown, preferred: ReadonlySet<number>): Rows {
  const { count } = shown;
  const rows: Rows = {
    item: new Int32Array(count),
    lane: new Int32Array(count),
    row: new Int32Array(count).fill(NONE),
    from: new Int32Array(count).fill(NONE),
    on: new Uint8Array(count),
    through: new Int32Array(count),
  };
  let next = 0;
  const write = (item: number, lane: number) => {
    const up = at(shown.up, item);
    rows.item[next] = item;
    rows.lane[next] = lane;
    rows.from[next] = up < 0 ? NONE : at(rows.row, up);
    rows.row[item] = next++;
  };
  // What is still to be written, the next one last: an item alone, or what is below it.
  const open: { item: number; lane: number; below: boolean }[] = [];
  const gather = (first: number, last: number, up: number, lane: number) => {
    const followed = up === NONE ? NONE : ahead(tree, at(shown.node, up), preferred);
    const items: number[] = [];
    let main: number = NONE;
    for (let k = first; k < last; k = at(shown.end, k)) {
      items.push(k);
      const node = at(shown.node, k);
      if (main === NONE || node === followed || (up === NONE && preferred.has(node))) main = k;
    }
    if (main === NONE) return;
    open.push({ item: main, lane, below: true });
    for (const item of items.reverse())
      if (item !== main)
        open.push({ item, lane: lane + 1, below: true }, { item, lane: lane + 1, below: false });
    open.push({ item: main, lane, below: false });
  };
  gather(0, count, NONE, 0);
  for (let one = open.pop(); one; one = open.pop())
    if (one.below) gather(one.item + 1, at(shown.end, one.item), one.item, one.lane);
    else write(one.item, one.lane);

  const last = new Int32Array(count).fill(NONE);
  for (let r = 0; r < count; r++) {
    const from = at(rows.from, r);
    if (from === NONE) continue;
    rows.on[from] = 1;
    last[from] = r;
  }
  for (let f = 0; f < count; f++) {
    const lane = at(rows.lane, f);
    if (lane < LANES)
      for (let r = f + 1; r < at(last, f); r++) rows.through[r] = at(rows.through, r) | (1 << lane);
  }
  return rows;
}
