import { expect, test } from "vitest";
import { filledIn, unfilled, variablesIn } from "./variables";

test("each variable is asked for once, in the order of the text", () => {
  expect(variablesIn("{{b}} and {{ a }}, {{b}} again, {{größe}}, { {no} }, {{}} {{1x}}")).toEqual([
    "b",
    "a",
    "größe",
  ]);
});

test("values are filled in once, and what has none stays as it was written", () => {
  const text = "Use {{lang}} {{ version }} for {{lang}}";
  expect(filledIn(text, { lang: "{{version}}", version: " " })).toBe(
    "Use {{version}} {{ version }} for {{version}}",
  );
  expect(unfilled(text, { lang: "Rust", version: " " })).toEqual(["version"]);
  expect(filledIn("costs $& and $1: {{x}}", { x: "$&" })).toBe("costs $& and $1: $&");
});
