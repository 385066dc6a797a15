import { expect, test } from "vitest";
import type { CacheUse, TrafficCall } from "@/ipc";
import { cachedOf } from "./words";

const call = (cached: CacheUse | null, cachedRead: number | null) =>
  ({ cached, metrics: { usage: { cachedRead } } }) as TrafficCall;

test("an answer of our own cache is told from a prompt that the provider had in its own", () => {
  expect(cachedOf(call(null, null))).toBeNull();
  expect(cachedOf(call(null, 0))).toBeNull();
  expect(cachedOf(call(null, 12_000))).toEqual({
    text: "12,000",
    says: "12,000\u00a0tokens of the prompt, from the provider’s cache",
  });
  for (const how of ["hit", "offline"] as const) {
    expect(cachedOf(call(how, null))?.text).toBe("answer");
    expect(cachedOf(call(how, null))?.says).toContain("our own cache");
  }
});
