import { expect, test } from "vitest";
import { plainText } from "./plain";

test("marks go, words and lines stay", () => {
  expect(
    plainText(
      "# Title\n\nSome **bold** and `code`, [a link](https://a.test).\n\n3. one\n4. two\n   - [x] done\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```js\nlet a;\n```\n\n$x^2$",
    ),
  ).toBe(
    "Title\n\nSome bold and code, a link.\n\n3. one\n4. two\n   - [x] done\n\na\tb\n1\t2\n\nlet a;\n\nx^2",
  );
});
