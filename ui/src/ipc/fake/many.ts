/** What the made-up engine knows of models beyond their names, and hundreds of further ones for long lists. */
import type { Capabilities, Model } from "../bindings";

const known: Record<string, Partial<Capabilities>> = {
  "openai/gpt-5.4": { vision: true, reasoning: true, json: true, webSearch: true },
  "openai/gpt-5.4-mini": { vision: true, reasoning: true, json: true, webSearch: true },
  "anthropic/claude-sonnet-4.6": { vision: true, reasoning: true, json: true, webSearch: true },
  "anthropic/claude-opus-4.6": { vision: true, reasoning: true, json: true, webSearch: true },
  "gemini/gemini-3.5-flash": { vision: true, reasoning: true, json: true, webSearch: true },
  "openrouter/meta-llama/llama-3.3-70b-instruct:free": { vision: false, reasoning: false, json: false },
  "ollama/qwen3:4b": { vision: false, reasoning: true },
  "ollama/gemma3:270m": { vision: false, reasoning: false, tools: false },
  "simulated/reasoning": { reasoning: true },
  "simulated/limited": { vision: false },
};

export const described = (models: Model[]): Model[] =>
  models.map((model) => ({
    ...model,
    capabilities: { ...model.capabilities, ...known[model.target] },
    outputLimit: model.outputLimit ?? (model.simulated ? 8_192 : null),
  }));

const makers = [
  "meta-llama",
  "mistralai",
  "qwen",
  "deepseek",
  "google",
  "nvidia",
  "x-ai",
  "moonshotai",
  "z-ai",
];
const families = ["atlas", "borealis", "cirrus", "delta", "ember", "fjord", "granite", "halo", "iris"];

/** As many models as a large aggregator has: `?models=400`. */
export function many(): Model[] {
  const wanted = Number(new URLSearchParams(globalThis.location?.search ?? "").get("models") ?? 0);
  return Array.from({ length: wanted }, (_, i) => {
    const maker = makers[i % makers.length] ?? "";
    const name = `${families[i % families.length]}-${(i % 7) + 1}.${i % 10}-${[8, 32, 70, 120][i % 4]}b${i % 5 === 0 ? ":free" : ""}`;
    const price = i % 5 === 0 ? "0" : String(((i * 37) % 400) / 100);
    return {
      target: `openrouter/${maker}/${name}-${i}`,
      name: `${maker} ${name}`,
      contextWindow: i % 11 === 0 ? null : 8_192 * 2 ** (i % 7),
      outputLimit: null,
      prices: {
        input: i % 13 === 0 ? null : price,
        output: i % 13 === 0 ? null : String(Number(price) * 4),
        cachedRead: null,
        cachedWrite: null,
        reasoning: null,
      },
      capabilities: {
        vision: i % 3 === 0,
        tools: i % 2 === 0,
        json: null,
        reasoning: i % 4 === 0,
        embeddings: null,
        webSearch: null,
      },
      available: true,
      simulated: false,
    };
  });
}
