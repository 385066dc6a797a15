import { expect, test } from "vitest";
import { KEY, snippet, toolName, tools } from "./snippets";

const url = "http://127.0.0.1:4141";
const model = "openrouter/meta-llama/llama-3.3-70b-instruct:free";
const all = tools.map(({ id }) => ({
  id,
  text: snippet(id, url, model)
    .steps.map(({ code }) => code)
    .join("\n"),
}));

test("every tool gets our address, the model, and a place for the key, never a key", () => {
  for (const { id, text } of all) {
    expect(text, id).toContain(url);
    expect(text, id).toContain(model);
    expect(text, id).toContain(KEY);
    expect(text, id).not.toMatch(/ork_[0-9a-z]{12}/);
  }
});

test("those that add the version themselves get the address without it", () => {
  for (const tool of [
    "claudeCode",
    "anthropicPython",
    "anthropicNode",
    "googlePython",
    "googleNode",
  ] as const)
    expect(all.find(({ id }) => id === tool)?.text, tool).not.toContain("/v1");
  expect(all.find(({ id }) => id === "codex")?.text).toContain('wire_api = "responses"');
});

test("Google's SDKs are told the address as those of tests/sdk are, which were seen to work", () => {
  const text = (tool: string) => all.find(({ id }) => id === tool)?.text;
  expect(text("googlePython")).toContain(`http_options=types.HttpOptions(base_url="${url}")`);
  expect(text("googleNode")).toContain(`httpOptions: { baseUrl: "${url}" }`);
});

test("tools in two languages are told apart by name", () => {
  const names = tools.map(({ id }) => toolName(id));
  expect(new Set(names).size).toBe(names.length);
});
