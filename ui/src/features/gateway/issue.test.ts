import { expect, test } from "vitest";
import type { VirtualKey } from "@/ipc";
import { asked, bounds, empty, stands } from "./issue";

const now = Date.parse("2026-11-22T10:00:00Z");

test("a key with a name alone names no route and no target, which is all but the native API, for ever", () => {
  const { key } = asked({ ...empty, name: " aider " }, now);
  expect(key).toEqual({
    name: "aider",
    scopes: { routes: [], targets: [] },
    limits: { rpm: null, tpm: null, parallel: null },
    budgets: [],
    capture: "full",
    expiresAt: null,
  });
});

test("what is filled in becomes scopes, budgets, limits and a day", () => {
  const { key } = asked(
    {
      ...empty,
      name: "x",
      days: "30",
      targets: "anthropic/*, local/*\nauto",
      routes: "/v1/*",
      caps: {
        usd: { day: "$5", month: "0.50", total: "" },
        tokens: { day: "", month: "", total: "5,000,000" },
      },
      rpm: "60",
    },
    now,
  );
  expect(key?.scopes).toEqual({ routes: ["/v1/*"], targets: ["anthropic/*", "local/*", "auto"] });
  expect(key?.budgets).toEqual([
    { period: "day", usd: "5", tokens: null },
    { period: "month", usd: "0.50", tokens: null },
    { period: "total", usd: null, tokens: 5_000_000 },
  ]);
  expect(key?.limits?.rpm).toBe(60);
  expect(key?.expiresAt).toBe("2026-12-22T10:00:00.000Z");
});

test("each field says what is wrong with it, and nothing is asked for", () => {
  const { key, wrong } = asked(
    {
      ...empty,
      targets: "/v1/*",
      routes: "openai/*",
      rpm: "0",
      parallel: "1.5",
      caps: { ...empty.caps, usd: { day: "five", month: "-1", total: "0" } },
    },
    now,
  );
  expect(key).toBeNull();
  expect(Object.keys(wrong ?? {}).sort()).toEqual(
    ["name", "parallel", "routes", "rpm", "targets", "usd.day", "usd.month", "usd.total"].sort(),
  );
});

const key: VirtualKey = {
  id: "1",
  publicId: "k3x9m2tq7vwa",
  name: "x",
  state: "active",
  scopes: { targets: ["anthropic/*"], routes: [] },
  limits: { rpm: 1, parallel: 4 },
  budgets: [],
  capture: "metadata",
  createdBy: "window",
  createdAt: "2026-11-22T10:00:00Z",
  expiresAt: null,
  revokedAt: null,
};

test("a key tells what it may do in one line", () => {
  expect(bounds(key)).toBe("anthropic/*, 1 request a minute, 4 at a time, figures only are kept");
});

test("a budget tells what is spent of what, and a cap of nothing is spent", () => {
  const budget = {
    period: "day" as const,
    usd: "5",
    tokens: 1000,
    spentUsd: "0.3184",
    spentTokens: 250,
    reservedUsd: "0",
    reservedTokens: 0,
    until: null,
  };
  expect(stands(budget)).toEqual([
    { text: "$0.3184 of $5.00 a day", share: 0.3184 / 5 },
    { text: "250 of 1,000 tokens a day", share: 0.25 },
  ]);
  expect(stands({ ...budget, usd: "0", tokens: null })[0]?.share).toBe(1);
});
