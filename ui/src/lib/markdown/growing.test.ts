import { expect, test } from "vitest";
import { Growing } from "./growing";

test("a text grows, and tells what was added since an earlier look", () => {
  const one = Growing.of("ab");
  const two = one.add("cd").add("ef");
  expect(String(two)).toBe("abcdef");
  expect(two.length).toBe(6);
  expect(two.since(one)).toBe("cdef");
  expect(two.since(two)).toBe("");
  expect(String(one)).toBe("ab");
});

test("two futures of one text do not mix", () => {
  const one = Growing.of("").add("a");
  const left = one.add("b");
  const right = one.add("c");
  expect([String(left), String(right), String(left.add("!"))]).toEqual(["ab", "ac", "ab!"]);
  expect(right.since(left)).toBeNull();
  expect(one.since(left)).toBeNull();
});
