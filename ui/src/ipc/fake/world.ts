/** The things a made-up engine begins with. */
import type { Capabilities, Model, Prices, ProviderStatus } from "../bindings";

export type Scene = "fresh" | "full";

const unknown: Prices = { input: null, output: null, cachedRead: null, cachedWrite: null, reasoning: null };
const free: Prices = { input: "0", output: "0", cachedRead: "0", cachedWrite: "0", reasoning: "0" };
const prices = (input: string, output: string): Prices => ({ ...unknown, input, output });
const can: Capabilities = {
  vision: null,
  tools: true,
  json: null,
  reasoning: null,
  embeddings: null,
  webSearch: null,
};

export function providers(scene: Scene): ProviderStatus[] {
  const row = (
    p: Partial<ProviderStatus> & Pick<ProviderStatus, "id" | "name" | "dialect" | "baseUrl">,
  ): ProviderStatus => ({
    enabled: true,
    loopback: false,
    key: "missing",
    keyVariable: null,
    models: [],
    problem: null,
    configured: p.key === "present",
    preset: p.id,
    headers: [],
    allowLan: false,
    keyPlace: p.key === "present" ? "keychain" : null,
    lastTest: null,
    configuredModels: [],
    ...p,
  });
  const rows = [
    row({
      id: "simulated",
      name: "Simulated",
      dialect: "simulated",
      baseUrl: "simulated:",
      loopback: true,
      key: "notNeeded",
      models: ["steady", "fast", "slow", "flaky", "reasoning", "tools", "limited"],
    }),
    row({
      id: "openai",
      name: "OpenAI",
      dialect: "openai-responses",
      baseUrl: "https://api.openai.com/v1",
      keyVariable: "OPENAI_API_KEY",
      models: ["gpt-5.4", "gpt-5.4-mini"],
    }),
    row({
      id: "anthropic",
      name: "Anthropic",
      dialect: "anthropic-messages",
      baseUrl: "https://api.anthropic.com",
      keyVariable: "ANTHROPIC_API_KEY",
      key: scene === "full" ? "present" : "missing",
      models: ["claude-sonnet-4.6", "claude-opus-4.6"],
    }),
    row({
      id: "gemini",
      name: "Google Gemini",
      dialect: "gemini",
      baseUrl: "https://generativelanguage.googleapis.com",
      keyVariable: "GEMINI_API_KEY",
      key: "missing",
      models: ["gemini-3.5-flash"],
    }),
  ];
  if (scene === "full")
    rows.push(
      row({
        id: "ollama",
        name: "Ollama",
        dialect: "ollama",
        baseUrl: "http://127.0.0.1:11434",
        loopback: true,
        key: "notNeeded",
        models: ["qwen3:4b", "gemma3:270m"],
      }),
      row({
        id: "openrouter",
        name: "OpenRouter",
        dialect: "openai-chat",
        baseUrl: "https://openrouter.ai/api/v1",
        keyVariable: "OPENROUTER_API_KEY",
        key: "present",
        models: ["meta-llama/llama-3.3-70b-instruct:free"],
      }),
    );
  return rows;
}

const known: Record<string, { prices: Prices; contextWindow: number | null }> = {
  "openai/gpt-5.4": { prices: prices("2.5", "15"), contextWindow: 400_000 },
  "openai/gpt-5.4-mini": { prices: prices("0.25", "2"), contextWindow: 400_000 },
  "anthropic/claude-sonnet-4.6": { prices: prices("3", "15"), contextWindow: 1_000_000 },
  "anthropic/claude-opus-4.6": { prices: prices("5", "25"), contextWindow: 200_000 },
  "gemini/gemini-3.5-flash": { prices: prices("0.3", "2.5"), contextWindow: 1_048_576 },
  "openrouter/meta-llama/llama-3.3-70b-instruct:free": { prices: free, contextWindow: 131_072 },
};

export function models(providers: ProviderStatus[]): Model[] {
  return providers.flatMap((provider) =>
    provider.models.map((model) => {
      const target = `${provider.id}/${model}`;
      return {
        target,
        name: model,
        outputLimit: null,
        capabilities: can,
        contextWindow: known[target]?.contextWindow ?? (provider.loopback ? 32_768 : null),
        prices: known[target]?.prices ?? (provider.loopback ? free : unknown),
        available: provider.key === "present" || provider.key === "notNeeded",
        simulated: provider.dialect === "simulated",
      };
    }),
  );
}

export const titles = [
  "Ledger schema, second try",
  "Review: token bucket in the limiter",
  "Explain the WAL checkpoint stall",
  "Release notes 0.9, three tones",
  "Überarbeitung der Datenschutzerklärung",
  "Why is p99 worse on Tuesdays?",
  "A name for the merge of two branches that says what it does and does not do",
];
