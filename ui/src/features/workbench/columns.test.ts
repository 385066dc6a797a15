import { beforeEach, expect, test } from "vitest";
import { connectTo } from "@/ipc";
import { fake } from "@/ipc/fake";
import { dragged, moved, rememberColumns, setShares, sharesOf, useColumns } from "./columns";

beforeEach(() => {
  connectTo(fake({ scene: "fresh", storage: null }));
  useColumns.setState({ shares: {}, folded: {}, together: false, alone: null });
});

const seats = [
  { branch: "b1", target: "a/x" },
  { branch: "b2", target: "a/y" },
];

test("an edge takes from its neighbour, and leaves both readable", () => {
  expect(dragged([400, 400], 0, 100, false)).toEqual([500, 300]);
  expect(dragged([400, 400], 0, 300, false)).toEqual([564, 236]);
  expect(dragged([400, 400], 0, -300, false)).toEqual([236, 564]);
  expect(dragged([236, 236, 236], 2, 90, true)).toEqual([236, 236, 326]);
});

test("widths belong to the conversation, and to the same models in the next one", async () => {
  setShares("c1", seats, [1.5, 0.5], true);
  const { shares } = useColumns.getState();
  expect(sharesOf(shares, "c1", seats)).toEqual([1.5, 0.5]);
  expect(
    sharesOf(shares, "c2", [
      { branch: "b8", target: "a/x" },
      { branch: "b9", target: "a/y" },
    ]),
  ).toEqual([1.5, 0.5]);
  expect(sharesOf(shares, "c2", [{ branch: "b9", target: "a/z" }])).toEqual([1]);
  setShares("c1", seats, null, true);
  expect(sharesOf(useColumns.getState().shares, "c1", seats)).toEqual([1, 1]);
});

test("only so many arrangements are remembered", () => {
  for (let i = 0; i < 200; i++) setShares(`c${i}`, seats, [1, 1], false);
  expect(Object.keys(useColumns.getState().shares).length).toBeLessThanOrEqual(60);
});

test("what was remembered in another form is left alone", () => {
  for (const odd of [null, 3, "x", { shares: 4, folded: [] }]) rememberColumns(odd);
  expect(useColumns.getState()).toEqual({ shares: {}, folded: {}, together: false, alone: null });
});

test("of what was remembered only widths that can be drawn are taken up", () => {
  const shares = { c1: 5, c2: "abc", c3: { b1: -1, b2: Number.NaN }, c4: { b1: 1.5, b2: "wide" }, c5: null };
  rememberColumns({ shares, folded: { b1: true, b2: "yes" }, together: 1 });
  expect(useColumns.getState()).toMatchObject({
    shares: { c4: { b1: 1.5 } },
    folded: { b1: true },
    together: false,
  });
  expect(sharesOf(useColumns.getState().shares, "c1", seats)).toEqual([1, 1]);
  expect(sharesOf(useColumns.getState().shares, "c4", seats)).toEqual([1.5, 1]);
});

test("things move to another place in their row", () => {
  expect(moved(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
  expect(moved(["a", "b", "c"], 2, 1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b"], 0, 2)).toEqual(["a", "b"]);
});
