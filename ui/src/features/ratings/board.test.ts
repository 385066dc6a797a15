import { expect, test } from "vitest";
import type { Rating } from "@/ipc";
import { asCsv, folderPath, spans } from "./board";

const rating = (change: Partial<Rating>): Rating => ({
  model: "p/m",
  rating: 1000,
  low: 800,
  high: 1200,
  place: 1,
  wins: 3,
  losses: 2,
  ties: 1,
  bothBad: 0,
  votes: 6,
  enough: false,
  ...change,
});
const board = (...ratings: Rating[]) => ({ ratings, votes: 6, blind: 2, sameModel: 0, needed: 10 });

test("a board is a row a model, whole figures, names as they are", () => {
  const csv = asCsv(board(rating({ rating: 1012.6, low: 811.2, high: 1214.5 }), rating({ model: 'a,"b"' })));
  expect(csv.split("\n")).toEqual([
    "place,model,rating,low,high,votes,wins,losses,ties,both bad,enough votes",
    "1,p/m,1013,811,1215,6,3,2,1,0,no",
    '1,"a,""b""",1000,800,1200,6,3,2,1,0,no',
    "",
  ]);
});

test("no name becomes a formula where the table is opened", () => {
  expect(asCsv(board(rating({ model: "=cmd()" })))).toContain(",'=cmd(),");
});

test("intervals share one scale", () => {
  const [low, high] = spans([
    rating({ low: 800, rating: 900, high: 1000 }),
    rating({ low: 1000, rating: 1100, high: 1200 }),
  ]);
  expect(low).toEqual({ from: 0, at: 25, to: 50 });
  expect(high).toEqual({ from: 50, at: 75, to: 100 });
});

test("a folder is called by all that it is in, and a ring of folders ends", () => {
  const folder = (id: string, parent: string | null) => ({
    id,
    parent,
    name: id.toUpperCase(),
    conversations: 0,
  });
  expect(folderPath([folder("a", null), folder("b", "a")], "b")).toBe("A / B");
  expect(folderPath([folder("a", "b"), folder("b", "a")], "a")).toBe("B / A");
});
