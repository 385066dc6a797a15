import { describe, expect, test } from "vitest";
import { blocks, noBlocks, parsed, type Block, type Blocks } from "./blocks";
import { Growing } from "./growing";

const shape = (all: readonly Block[]) =>
  JSON.stringify(
    all.map((b) => b.node),
    (key, value) => (key === "position" ? undefined : value),
  );
const all = (b: Blocks) => [...b.done, ...b.tail];

const samples = [
  "Plain text, two lines\nand a second one.\n\nAnother paragraph with **bold** and `code`.",
  "# Title\n\nText\n\n```rust\nfn main() {}\n\nlet x = 1;\n```\n\nAfter.",
  "- a\n- b\n\n  still b\n\n1. one\n2. two\n\nEnd",
  "  - indented\n  - list\n\n    with a paragraph\n\nEnd",
  "| a | b |\n| - | -: |\n| 1 | 2 |\n\ntext\n| not | table |",
  "Setext\n===\n\n> quote\ncontinues lazily\n\n    code\n\n    more\n\nEnd",
  "~~~\nopen fence\n\nnever closed",
  "Some text\n```js\nlet a = '`';\n```\nright after",
  "<div>\n\n*raw*\n\n</div>\n\ntext",
  `Before\n\n${Array.from({ length: 14 }, (_, i) => `${i + 1}. item **${i}**`).join("\n")}\n\nafter`,
  `- a\n${Array.from({ length: 12 }, (_, i) => `- item ${i}\n  more of it\n${i === 9 ? "\n" : ""}`).join("")}# End`,
  `| a | b |\n| - | -: |\n${Array.from({ length: 14 }, (_, i) => `| ${i} | \`x\` |`).join("\n")}\n\nafter`,
  "$$\na\n- b\n$$\n\n\\[\nx\n\\]\n\nprices: $5 and $6",
  "$$\nnever\n\n- closed",
  "see [a][1] and [b]\n\nmore\n\n[1]: https://example.test\n[b]: https://example.test/b",
];

describe("growing text", () => {
  test.each(samples)("ends as if it had been parsed at once: %j", (text) => {
    let grown = noBlocks;
    for (let end = 1; end <= text.length; end++) grown = blocks(grown, text.slice(0, end), false);
    grown = blocks(grown, text, true);
    expect(shape(all(grown))).toBe(shape(all(blocks(noBlocks, text, true))));
  });

  test("does not parse a finished block again", () => {
    const first = blocks(noBlocks, "one\n\ntwo\n\nthr", false);
    const second = blocks(first, "one\n\ntwo\n\nthree\n\nfour", false);
    expect(first.done).toHaveLength(2);
    expect(second.done[0]).toBe(first.done[0]);
    expect(second.done[1]).toBe(first.done[1]);
    expect(second.done).toHaveLength(3);
  });

  test("reads an open fence as code before it is closed", () => {
    const [open] = blocks(noBlocks, "```python\nprint(1)\n", false).tail;
    expect(open?.node).toMatchObject({ type: "code", lang: "python", value: "print(1)" });
  });

  const long = {
    "a list": Array.from({ length: 200 }, (_, i) => `${i + 1}. item **${i}** of the list`).join("\n"),
    "a table": `| a | b |\n| - | - |\n${Array.from({ length: 200 }, (_, i) => `| ${i} | \`x\` |`).join("\n")}`,
    "a program": `\`\`\`rust\n${"let x = 1;\n".repeat(500)}`,
    paragraphs: "A paragraph of some words.\n\n".repeat(200),
  };
  test.each(Object.entries(long))(
    "costs the same for each token of %s, however long it is",
    (_, text) => {
      let grown = noBlocks;
      let source = Growing.of("");
      parsed.characters = 0;
      let steps = 0;
      for (let at = 0; at < text.length; at += 16, steps++)
        grown = blocks(grown, (source = source.add(text.slice(at, at + 16))), false);
      expect(parsed.characters / steps).toBeLessThan(500);
      expect(shape(all(blocks(grown, source, true)))).toBe(shape(all(blocks(noBlocks, text, true))));
    },
    60_000,
  );

  test("starts again when the text was replaced", () => {
    const before = blocks(noBlocks, "one\n\ntwo", false);
    expect(shape(all(blocks(before, "other", false)))).toBe(shape(all(blocks(noBlocks, "other", false))));
  });
});
