import { afterEach, expect, test, vi } from "vitest";
import { later, loadTheRest } from "./later";

afterEach(() => vi.useRealTimers());

test("parts come one after the other once the first screen stands, each once, and one that fails stops none", async () => {
  vi.useFakeTimers();
  const loaded: string[] = [];
  const part = (name: string, fails = false) =>
    later(() => {
      loaded.push(name);
      return fails ? Promise.reject(new Error("gone")) : Promise.resolve(() => null);
    });
  part("a", true);
  part("b");
  part("c");
  await vi.runAllTimersAsync();
  expect(loaded).toEqual([]);
  loadTheRest();
  expect(loaded).toEqual([]);
  await vi.runAllTimersAsync();
  expect(loaded).toEqual(["a", "b", "c"]);
  loadTheRest();
  await vi.runAllTimersAsync();
  expect(loaded).toEqual(["a", "b", "c"]);
});
