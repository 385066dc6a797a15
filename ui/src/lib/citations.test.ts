import { expect, test } from "vitest";
import { citations } from "./citations";

const raw = (value: unknown) => ({
  type: "raw" as const,
  dialect: "gemini" as const,
  json: JSON.stringify(value),
});

test("addresses with their titles are found in any provider's form, each once", () => {
  expect(
    citations([
      { type: "text", text: "x" },
      raw({ type: "url_citation", url: "https://a.test/1", title: "One" }),
      raw({
        groundingChunks: [
          { web: { uri: "https://b.test/", title: "" } },
          { web: { uri: "https://a.test/1" } },
        ],
      }),
      raw({ citations: ["https://c.test/", "not an address"] }),
    ]),
  ).toEqual([
    { url: "https://a.test/1", title: "One" },
    { url: "https://b.test/", title: "b.test" },
    { url: "https://c.test/", title: "c.test" },
  ]);
});

test("what is no address of the web is none", () => {
  expect(citations([raw({ url: "javascript:hit()", title: "x" }), { ...raw(""), json: "{" }])).toEqual([]);
});
