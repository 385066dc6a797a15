import { describe, expect, test } from "vitest";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { mathNodes, mathSyntax } from "./math";

type Node = { type: string; value?: string; open?: boolean; display?: boolean; children?: Node[] };

function formulas(text: string): Node[] {
  const found: Node[] = [];
  const walk = (node: Node) => {
    if (node.type === "math" || node.type === "inlineMath") found.push(node);
    node.children?.forEach(walk);
  };
  walk(
    fromMarkdown(text, {
      extensions: [gfm({ singleTilde: false }), mathSyntax],
      mdastExtensions: [gfmFromMarkdown(), mathNodes],
    }) as Node,
  );
  return found;
}
const values = (text: string) => formulas(text).map((node) => node.value);

describe("formulas", () => {
  test.each([
    ["Inline \\(a^2 + b^2\\) and on", ["a^2 + b^2"]],
    ["Euler: $e^{i\\pi} + 1 = 0$.", ["e^{i\\pi} + 1 = 0"]],
    ["$x$ and $y_1$, ($z$)", ["x", "y_1", "z"]],
    ["It is $2 + 2 = 4$ here", ["2 + 2 = 4"]],
    ["a **bold $\\alpha$** one", ["\\alpha"]],
    ["within $$a = b$$ a line", ["a = b"]],
    ["within \\[a = b\\] a line", ["a = b"]],
    ["two lines \\(a +\nb\\) of text", ["a + b"]],
    ["| a | b |\n| - | - |\n| $x$ | \\(y\\) |", ["x", "y"]],
    ["$$\na\n- b\n= c\n$$\n\nafter", ["a\n- b\n= c"]],
    [
      "\\[\n\\begin{aligned}\na &= b \\\\\nc &= d\n\\end{aligned}\n\\]",
      ["\\begin{aligned}\na &= b \\\\\nc &= d\n\\end{aligned}"],
    ],
    ["1. one\n\n   \\[\n   x\n   \\]\n\n2. two", ["x"]],
    ["> $$\n> x\n> $$", ["x"]],
    ["$\\$5$ exactly", ["\\$5"]],
  ])("%j", (text, expected) => expect(values(text)).toEqual(expected));

  test.each([
    "It costs $5 and $10.",
    "From $5 to $10, or $5-$10, or $1,200/$1,500.",
    "US$5 and CA$7",
    "between $5 million and 10$ million",
    "`$x$` and ``\\(y\\)``",
    "```sh\necho $HOME $PATH\n```",
    "\\\\(not this\\\\)",
    "\\$x\\$",
    "$ x $",
    "a lone $ sign, $HOME and $PATH",
    "$$$ and $$",
    "$$\nnot\n\na formula",
    "$20k/$30k",
  ])("are not in %j", (text) => expect(values(text)).toEqual([]));

  test("are blocks on lines of their own, and open until they are closed", () => {
    expect(formulas("$$\nx")).toMatchObject([{ type: "math", value: "x", open: true }]);
    expect(formulas("$$ x $$")).toMatchObject([{ type: "math", open: false }]);
    expect(formulas("a $$x$$ b")).toMatchObject([{ type: "inlineMath", display: true }]);
  });

  test("are looked for in bounded time", () => {
    expect(values(`${"$a".repeat(5_000)}`).length).toBeLessThan(5_000);
    expect(values(`${"\\(".repeat(3_000)}`)).toEqual([]);
  });
});
