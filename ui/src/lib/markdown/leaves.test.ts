import { expect, test } from "vitest";
import { blocks, noBlocks } from "./blocks";
import { leaves, NO_WORDS } from "./leaves";

const read = (text: string) => {
  const { done, tail } = blocks(noBlocks, text, true);
  return [...done, ...tail].flatMap(({ node }) => leaves(node));
};

test("a paragraph, an item, a cell and a block of code are each read in one piece, without marks", () => {
  expect(
    read(
      "# A *title*\n\nSome **bold**ness and `code`,\n[a link](https://a.test).\n\n- one\n- two\n  - three\n\n> said\n\n| a | **b** |\n| - | - |\n| 1 | 2 |\n\n```js\nlet a;\nlet b;\n```",
    ),
  ).toEqual([
    "A title",
    "Some boldness and code,\na link.",
    "one",
    "two",
    "three",
    "said",
    "a",
    "b",
    "1",
    "2",
    "let a;\nlet b;",
  ]);
});

test("no word reaches across a formula or a picture", () => {
  expect(read("be $x$ fore ![alt](https://a.test/p.png)hind")).toEqual([
    `be ${NO_WORDS} fore ${NO_WORDS}hind`,
  ]);
});

test("what is nested without end is read all the same", () => {
  expect(read(`${"> ".repeat(400)}deep`).join("")).toContain(NO_WORDS);
});
