import { expect, test } from "vitest";
import type { CatalogState } from "@/ipc";
import { said } from "./StatusItem";

const bundled: CatalogState = {
  bundled: 900,
  bundledOn: "2026-11-10",
  scheduled: false,
  sources: [],
  held: 0,
  doubtful: 0,
};
const source = (syncedAt: string | null, failures = 0) => ({
  source: "litellm",
  url: null,
  syncedAt,
  triedAt: null,
  failures,
  problem: null,
  nextAt: null,
  models: 1,
});

test("without a list it is of the day that it came with, else of when one was taken last", () => {
  expect(said(bundled).text).toBe("catalog of 10 Nov 2026");
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
  const sources = [source(hoursAgo(30)), source(hoursAgo(3)), source(null)];
  expect(said({ ...bundled, sources })).toMatchObject({ text: "catalog synced 3 h ago", bad: false });
});

test("a list that was not taken and prices that wait are said", () => {
  const { title, bad } = said({ ...bundled, sources: [source(null, 2)], held: 1 });
  expect(bad).toBe(true);
  expect(title).toContain("Not taken: litellm");
  expect(title).toContain("1 price waits for a yes or no.");
});
