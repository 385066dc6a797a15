import { expect, test } from "vitest";
import { formula, type MathNode } from "./formula";

function all(node: MathNode | null): Exclude<MathNode, string>[] {
  return node === null || typeof node === "string" ? [] : [node, ...node.children.flatMap(all)];
}

test("formulas become a tree of MathML", () => {
  const names = all(
    formula("\\frac{a}{b} + \\sqrt{x^2} = \\begin{pmatrix}1 & 2\\\\3 & 4\\end{pmatrix}", true),
  ).map(({ tag }) => tag);
  for (const tag of ["math", "mfrac", "msqrt", "msup", "mtable"]) expect(names).toContain(tag);
});

test.each([
  "\\href{javascript:hit()}{x}",
  "\\url{https://sink.test}",
  "\\includegraphics{https://sink.test/x.png}",
  "\\class{evil}{x}",
  "\\id{evil}{x}",
  "\\style{background:url(https://sink.test)}{x}",
  "\\data{x=y}{z}",
  "\\html{<img src=x onerror=hit()>}",
  "\\text{<img src=x onerror=hit()>}",
  "\\def\\a{\\a\\a}\\a",
  "\\color{url(https://sink.test)}x",
  "\\colorbox{expression(hit())}{x}",
  "\\rule{9999em}{9999em}",
  "\\frac{a",
  "x".repeat(6_000),
])("nothing in %j reaches out", (tex) => {
  for (const { tag, attributes, style, classes } of all(formula(tex, true))) {
    expect(tag).toMatch(/^m/);
    expect(Object.keys(attributes).filter((name) => /^(on|href|src|id|xlink)/.test(name))).toEqual([]);
    expect(JSON.stringify([attributes, style, classes])).not.toMatch(/url|javascript|sink|evil|expression/);
  }
});
