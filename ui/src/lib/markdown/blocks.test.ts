import { describe, expect, test } from "vitest";
import { blocks, noBlocks, type Block, type Blocks } from "./blocks";

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

  test("starts again when the text was replaced", () => {
    const before = blocks(noBlocks, "one\n\ntwo", false);
    expect(shape(all(blocks(before, "other", false)))).toBe(shape(all(blocks(noBlocks, "other", false))));
  });
});
