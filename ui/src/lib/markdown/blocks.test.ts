import { describe, expect, test } from "vitest";
import { blocks, noBlocks, parsed, type Block, type Blocks } from "./blocks";
import { Growing } from "./growing";

const shape = (all: readonly Block[]) =>
  JSON.stringify(
    all.map((b) => b.node),
    (key, value) => (key === "position" ? undefined : value),
  );
const all = (b: Blocks) => [...b.done, ...b.tail];

/** Words whose meaning hangs on what follows them. */
const turning = [
  "[foo bar]: baz qux\n\nsee [foo bar] there",
  "[foo **x** bar]: baz\n\nand [foo **x** bar]",
  "look at www.example.test now, or http://example.test. Then mail a.b@example.test please",
  "AT&amp;T and &copy; and &copy more, 5 &lt 6",
  "1986. A great year\n\n1986 was. A great year\n2. no list here\n1. but here",
  "a *b c* d *e\nf* g _h_i _j k_ l **m n** o ~~p q~~ r",
  "word word\\\nhard break  \nanother one\\(x + y\\) then $a b$ c $5 and $6 more",
  "> quoted words go on\nlazily and on\n> - item in it\n>   more words of it",
  "- [ ] a task to do\n- [x] another that is done\n  with a second line\n\n  and a paragraph of it",
  "Title of the thing\n---\nmore words | here\n--- | ---\nrow of it | x",
  "text <b>bold words</b> and <div more words\n<div more>\nin html\n\nout",
  "# A heading with words #\nthen text[^1] goes on\n\n[^1]: a note with words\n    more of it",
  "Ends with spaces   \n  begins with some   and   has inner",
  "(parens first) and \"quotes\" 'single' – dashes — here… 100% done",
  "日本語の文章 です。 これは テスト です",
];

const samples = [
  ...turning,
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

  // Definitions reach back into earlier blocks only once the text is whole.
  const local = [...turning, ...samples.slice(0, 14)].filter((text) => !text.includes("]: "));
  test.each(local)("is read at every step as if it had been parsed at once: %j", (text) => {
    for (const size of [1, 3, 7]) {
      let grown = noBlocks;
      for (let end = size; end < Math.min(text.length, 200); end += size) {
        grown = blocks(grown, text.slice(0, end), false);
        expect(shape(all(grown))).toBe(shape(all(blocks(noBlocks, text.slice(0, end), false))));
      }
    }
  });

  test("does not parse words that only lengthen a paragraph", () => {
    let grown = blocks(noBlocks, "A paragraph with **bold** words", false);
    parsed.characters = 0;
    for (const word of [" that", " go", " on,", " and", " on."]) {
      grown = blocks(grown, String(grown.source) + word, false);
    }
    expect(parsed.characters).toBe(0);
    expect(shape(all(grown))).toBe(
      shape(all(blocks(noBlocks, "A paragraph with **bold** words that go on, and on.", false))),
    );
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
