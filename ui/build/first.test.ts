import { expect, test } from "vitest";
import { firstStyle, startSize } from "./first";

const chunk = (kB: number, imports: string[] = [], moduleIds: string[] = []) => ({
  code: "é".repeat(kB * 500),
  imports,
  moduleIds,
});

test("what is imported at once counts, once, and what is loaded later does not", () => {
  const chunks = new Map([
    ["main.js", chunk(3, ["a.js", "b.js"], ["/x/src/app.tsx", "/x/src/main.tsx"])],
    ["a.js", chunk(20, ["b.js", "main.js"])],
    ["b.js", chunk(100, ["outside"])],
    ["later.js", chunk(1000, ["a.js"], ["/x/src/later.tsx"])],
  ]);
  expect(startSize(chunks, "src/main.tsx")).toBe(123);
  expect(startSize(chunks, "src/later.tsx")).toBe(1123);
  expect(() => startSize(chunks, "src/gone.tsx")).toThrow("no chunk");
});

test("the first frame's style has the tokens that it uses, in every theme, and no others", () => {
  const tokens = `:root { /* a { b } */
    --line: #eee;
    --fg: #111; /* text */
  }
  [data-theme="dark"] {
    color-scheme: dark;
    --line: #222;
    --fg: #ddd;
  }`;
  const style = firstStyle("i { border: 1px solid var(--line); }", tokens);
  expect(style.replace(/\s/g, "")).toBe(
    ':root{--line:#eee;}[data-theme="dark"]{color-scheme:dark;--line:#222;}i{border:1pxsolidvar(--line);}',
  );
});
