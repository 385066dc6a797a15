import { expect, test } from "vitest";
import { noKey, recognise } from "./recognise";

const tail = "Zx81Qp40Lm27Rt93";

test.each([
  ["sk-ant-api03-", "anthropic"],
  ["sk-or-v1-", "openrouter"],
  ["sk-proj-", "openai"],
  ["sk-svcacct-", "openai"],
  ["xai-", "xai"],
  ["gsk_", "groq"],
  ["hf_", "huggingface"],
  ["tgp_v1_", "together"],
])("a key that begins with %s is one of %s", (beginning, provider) => {
  expect(recognise(beginning + tail)).toEqual([provider]);
});

test("a beginning that several share is a question, the likeliest first", () => {
  expect(recognise(`sk-${"0123456789abcdef".repeat(2)}`)).toEqual(["deepseek", "openai"]);
  expect(recognise(`sk-${tail}`)).toEqual(["openai", "deepseek"]);
});

test("a key of Google's has its length too", () => {
  expect(recognise(`AIza${"S".repeat(35)}`)).toEqual(["gemini"]);
  expect(recognise("AIza")).toEqual([]);
});

test("white space around it does not matter, and what nobody is known for is nobody's", () => {
  expect(recognise(`  gsk_${tail}\n`)).toEqual(["groq"]);
  expect(recognise("hello")).toEqual([]);
  expect(recognise("")).toEqual([]);
});

test("what cannot be a key is refused before it is sent", () => {
  expect(noKey(` sk-ant-${tail} `)).toBeNull();
  expect(noKey("  ")).toContain("Paste");
  expect(noKey("two words")).toContain("spaces");
  expect(noKey("https://example.test/keys")).toContain("address");
  expect(noKey("schlüssel")).toContain("signs");
  expect(noKey("x".repeat(1_201))).toContain("longer");
});
