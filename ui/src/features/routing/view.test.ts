import { beforeEach, expect, test } from "vitest";
import type { Policy } from "@/ipc";
import { begin, change, changesOf, discard, freeName, useView } from "./view";

const policy = (name: string): Policy => ({
  name,
  profile: "balanced",
  strategy: "weighted",
  weights: { quality: 0.42, speed: 0.13, cost: 0.25, availability: 0.1, reliability: 0.1, context: 0 },
  adapt: true,
  explore: 0.05,
  allow: [],
  deny: [],
  order: [],
  require: [],
  localOnly: false,
  maxCost: null,
  maxFirstMs: null,
  minQuality: null,
  score: null,
  warmS: 300,
  hedgeMs: null,
  onCut: null,
  builtIn: false,
});

beforeEach(() => useView.setState({ drafts: {}, fresh: [], policy: null }));

test("a change that leads back to what is saved is none", () => {
  const saved = policy("mine");
  const next = { ...saved, allow: ["local/*"], weights: { ...saved.weights, cost: 0.5 } };
  expect(changesOf(saved, next)).toEqual(["allow", "weight cost"]);
  change(saved, next);
  expect(useView.getState().drafts).toHaveProperty("mine");
  change(saved, saved);
  expect(useView.getState().drafts).toEqual({});
});

test("a policy that was begun is kept unchanged too, until it is discarded", () => {
  begin(policy("new"));
  change(undefined, policy("new"));
  expect(useView.getState()).toMatchObject({ policy: "new", fresh: ["new"] });
  discard("new");
  expect(useView.getState()).toMatchObject({ policy: null, drafts: {}, fresh: [] });
});

test("a copy takes a name that is free", () => {
  expect(freeName("balanced", ["balanced", "balanced-2"])).toBe("balanced-3");
  expect(freeName("mine", ["balanced"])).toBe("mine");
});
