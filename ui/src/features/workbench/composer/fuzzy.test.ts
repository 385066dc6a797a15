import { expect, test } from "vitest";
import { fuzzyScore } from "./fuzzy";

const best = (query: string, texts: string[]) =>
  texts
    .flatMap((text) => {
      const score = fuzzyScore(query, text);
      return score === null ? [] : [{ text, score }];
    })
    .sort((a, b) => b.score - a.score)
    .map(({ text }) => text);

const names = [
  "anthropic/claude-sonnet-4.6",
  "anthropic/claude-opus-4.6",
  "openai/gpt-5.4",
  "openai/gpt-5.4-mini",
  "openrouter/meta-llama/llama-3.3-70b-instruct:free",
  "ollama/qwen3:4b",
];

test("a model is found by some of its letters, the closest first", () => {
  expect(best("gpt", names)).toEqual(["openai/gpt-5.4", "openai/gpt-5.4-mini"]);
  expect(best("opus", names)[0]).toBe("anthropic/claude-opus-4.6");
  expect(best("clsn", names)[0]).toBe("anthropic/claude-sonnet-4.6");
  expect(best("l3.3", names)[0]).toBe("openrouter/meta-llama/llama-3.3-70b-instruct:free");
});

test("words may come in any order, and all of them must be there", () => {
  expect(best("mini openai", names)).toEqual(["openai/gpt-5.4-mini"]);
  expect(best("mini anthropic", names)).toEqual([]);
});

test("letters strewn over a long name are no find", () => {
  expect(fuzzyScore("aee", "openrouter/meta-llama/llama-3.3-70b-instruct:free")).toBeNull();
  expect(fuzzyScore("", "anything")).toBe(0);
});
