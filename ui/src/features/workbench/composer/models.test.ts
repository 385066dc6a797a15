import { expect, test } from "vitest";
import { fake } from "@/ipc/fake";
import { entriesOf, noFilter, rowsOf, type Mark } from "./models";

const engine = fake({ scene: "full", storage: null });
const entries = entriesOf(await engine.listModels(), await engine.listProviders());
const shown = (query = "", filter = noFilter, favourites: string[] = [], recent: string[] = []) =>
  rowsOf(entries, query, filter, favourites, recent).map((row) =>
    "heading" in row ? `# ${row.heading}` : row.entry.model.target,
  );

test("favourites come first, then what was asked last, and what cannot be asked comes last with the reason", () => {
  const rows = shown("", noFilter, ["ollama/qwen3:4b"], ["ollama/qwen3:4b", "simulated/fast"]);
  expect(rows.slice(0, 4)).toEqual(["# Favourites", "ollama/qwen3:4b", "# Recent", "simulated/fast"]);
  expect(rows.indexOf("# Anthropic")).toBeLessThan(rows.indexOf("# Simulated, nothing leaves this machine"));
  expect(rows.at(-3)).toBe("# OpenAI, no key");
});

test("each policy is a route that can be asked, those of one's own too", async () => {
  const policies = await engine.listPolicies();
  const all = entriesOf(await engine.listModels(), await engine.listProviders(), policies);
  const routes = all.flatMap(({ model, route }) => (route === undefined ? [] : [model.target]));
  expect(routes.slice(0, 2)).toEqual(["auto", "auto:balanced"]);
  expect(routes).toContain("auto:cheap-code");
});

test("filters hold together", () => {
  const marks = (...all: Mark[]) => ({ provider: null, marks: new Set(all) });
  expect(shown("", marks("local", "reasoning"))).toEqual([
    "# Ollama",
    "ollama/qwen3:4b",
    "# Simulated, nothing leaves this machine",
    "simulated/reasoning",
  ]);
  expect(shown("", { provider: "anthropic", marks: new Set(["web"]) })).toHaveLength(3);
});

test("a model is found by provider, id and name, and one that can be asked comes before one that cannot", () => {
  expect(shown("anthropic opus")).toEqual(["anthropic/claude-opus-4.6"]);
  expect(shown("google")[0]).toBe("gemini/gemini-3.5-flash");
  expect(shown("5.4").every((target) => target.startsWith("openai/"))).toBe(true);
});
