import { expect, test } from "vitest";
import type { SpendLine, SpendSeries, UsageSum } from "@/ipc";
import { asCsv } from "@/lib/csv";
import { linesTable } from "./charts";

const sum = (of: Partial<UsageSum>): UsageSum => ({
  calls: 0,
  failed: 0,
  input: 0,
  cachedRead: 0,
  cachedWrite: 0,
  output: 0,
  reasoning: 0,
  cost: "0",
  estimated: 0,
  estimatedCost: "0",
  unpriced: 0,
  ...of,
});
const line = (name: string, of: Partial<UsageSum>): SpendLine => ({
  id: name,
  name,
  sum: sum(of),
  cost: [],
  calls: [],
  tokens: [],
  unpriced: [],
});

test("the exported lines have every figure, the others as one line, and no figure where none is known", () => {
  const spend = {
    lines: [
      line("a/big", {
        calls: 3,
        failed: 1,
        input: 10,
        cachedRead: 2,
        cachedWrite: 1,
        output: 7,
        reasoning: 4,
        cost: "1.25",
      }),
      line("=2+3", { calls: 2, unpriced: 2 }),
    ],
    others: line("", { calls: 9, unpriced: 4, cost: "0.5" }),
    otherCount: 5,
  } as Partial<SpendSeries> as SpendSeries;
  const { head, rows } = linesTable(spend, "model");
  expect(rows.every((row) => row.length === head.length)).toBe(true);
  expect(rows[0]).toEqual(["a/big", 1.25, 0, 3, 1, 10, 2, 1, 7, 4]);
  expect(rows[1]?.slice(0, 4)).toEqual(["=2+3", null, 2, 2]);
  expect(rows[2]?.slice(0, 4)).toEqual(["5 others", 0.5, 4, 9]);
  const [first, ...lines] = asCsv(head, rows).trim().split(/\r?\n/);
  expect(first?.split(",").length).toBe(head.length);
  expect(lines).toHaveLength(3);
  // No spreadsheet takes a name for a formula.
  expect(lines[1]).toContain("'=2+3");
});
