import { beforeEach, expect, test } from "vitest";
import {
  chips,
  clearFilters,
  everything,
  isNarrowed,
  MOST_COMPARED,
  narrow,
  queryOf,
  sortBy,
  toggleChosen,
  useView,
} from "./view";

beforeEach(() => useView.setState({ filters: everything, chosen: [] }));

test("what filters nothing is asked as nothing, and every filter has a chip that takes it back", () => {
  expect(queryOf(everything)).toEqual({
    text: null,
    reachable: [],
    can: [],
    embeddings: null,
    providers: [],
    makers: [],
    minContext: null,
    maxOutput: null,
    sort: "name",
    descending: false,
  });
  narrow({ reachable: ["ready"], can: ["tools", "embeddings"], makers: ["openai"], context: 2, price: 3 });
  const { filters } = useView.getState();
  expect(queryOf(filters)).toMatchObject({
    can: ["tools"],
    embeddings: true,
    minContext: 32_000,
    maxOutput: "30",
  });
  expect(chips(filters).map(({ label }) => label)).toEqual([
    "ready now",
    "tools",
    "embeddings",
    "openai",
    "≥ 32,000 tokens",
    "≤ $30",
  ]);
  while (isNarrowed(useView.getState().filters)) chips(useView.getState().filters)[0]?.remove();
  expect(useView.getState().filters).toEqual(everything);
});

test("a column sorts from the end that people look for, then the other way; clearing keeps the order", () => {
  sortBy("quality");
  expect(useView.getState().filters).toMatchObject({ sort: "quality", descending: true });
  sortBy("output");
  expect(useView.getState().filters).toMatchObject({ sort: "output", descending: false });
  sortBy("output");
  narrow({ text: "x" });
  clearFilters();
  expect(useView.getState().filters).toEqual({ ...everything, sort: "output", descending: true });
});

test("no more models are put side by side than can be read", () => {
  for (let i = 0; i < MOST_COMPARED; i++) expect(toggleChosen(`m/${i}`)).toBe(true);
  expect(toggleChosen("m/more")).toBe(false);
  expect(toggleChosen("m/0")).toBe(true);
  expect(toggleChosen("m/more")).toBe(true);
  expect(useView.getState().chosen.at(-1)).toBe("m/more");
});
