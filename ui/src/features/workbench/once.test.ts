import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { once, unasked } from "./once";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

test("two clicks ask once, and so does the second click after the first has been answered", async () => {
  let asked = 0;
  const ask = () => Promise.resolve(++asked);
  const both = [once(["a"], ask), once(["a"], ask)];
  expect(await Promise.all(both)).toEqual([1, undefined]);
  expect(await once(["a", "b"], ask)).toBeUndefined();
  expect(unasked(["a", "b"])).toEqual(["b"]);
  vi.runAllTimers();
  expect(await once(["a"], ask)).toBe(2);
});

test("what failed can be asked for again at once", async () => {
  await expect(once(["c"], () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await once(["c"], () => Promise.resolve("yes"))).toBe("yes");
});
