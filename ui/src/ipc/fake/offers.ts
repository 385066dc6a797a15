/** Who offers which model of the made-up catalog, and for how much. */
import type { Capabilities, CatalogEntry, Prices } from "../bindings";

type Short = "v" | "t" | "r" | "j" | "e" | "w";
const words: Record<Short, keyof Capabilities> = {
  v: "vision",
  t: "tools",
  r: "reasoning",
  j: "json",
  e: "embeddings",
  w: "webSearch",
};

/** Leaderboards, figures and votes, by canonical id. */
export const SCORES: Record<string, [string, number, number][]> = {
  "anthropic/claude-opus-4.8": [["lmarena-text", 1_447, 21_450]],
  "anthropic/claude-opus-4.6": [["lmarena-text", 1_431, 30_112]],
  "anthropic/claude-sonnet-4.6": [
    ["lmarena-text", 1_421, 41_907],
    ["lmarena-coding", 1_446, 12_033],
  ],
  "openai/gpt-5.4": [
    ["lmarena-text", 1_438, 38_220],
    ["lmarena-coding", 1_440, 11_871],
    ["lmarena-vision", 1_288, 6_204],
  ],
  "google/gemini-3.5-flash": [["lmarena-text", 1_415, 19_003]],
  "deepseek/deepseek-v4-pro": [["lmarena-text", 1_398, 15_540]],
  "moonshotai/kimi-k2.6": [["lmarena-text", 1_392, 9_120]],
  "meta-llama/llama-3.3-70b-instruct": [["lmarena-text", 1_318, 52_010]],
  "mistralai/mistral-small-2603": [["lmarena-text", 1_338, 7_990]],
};
const BEST = 1_447;

const qualityOf = (model: string): number | null => {
  const text = SCORES[model]?.[0];
  return text ? 2 / (1 + 10 ** ((BEST - text[1]) / 400)) : null;
};

type Row = [
  model: string,
  provider: string,
  id: string,
  context: number | null,
  output: number | null,
  prices: (string | null)[],
  can: string,
];

const rows: readonly Row[] = [
  [
    "anthropic/claude-opus-4.8",
    "anthropic",
    "claude-opus-4.8",
    1_000_000,
    64_000,
    ["5", "25", "0.5", "6.25"],
    "vtrjw",
  ],
  [
    "anthropic/claude-opus-4.6",
    "anthropic",
    "claude-opus-4.6",
    200_000,
    64_000,
    ["5", "25", "0.5", "6.25"],
    "vtrjw",
  ],
  [
    "anthropic/claude-sonnet-4.6",
    "anthropic",
    "claude-sonnet-4.6",
    1_000_000,
    64_000,
    ["3", "15", "0.3", "3.75"],
    "vtrjw",
  ],
  [
    "anthropic/claude-sonnet-4.6",
    "openrouter",
    "anthropic/claude-sonnet-4.6",
    1_000_000,
    64_000,
    ["3", "15", "0.3"],
    "vtrj",
  ],
  [
    "anthropic/claude-sonnet-4.6",
    "bedrock",
    "us.anthropic.claude-sonnet-4-6-v1:0",
    200_000,
    64_000,
    ["3.3", "16.5", "0.33"],
    "vtrj",
  ],
  ["openai/gpt-5.4", "openai", "gpt-5.4", 400_000, 128_000, ["2.5", "15", "0.25"], "vtrjw"],
  ["openai/gpt-5.4", "openrouter", "openai/gpt-5.4", 400_000, 128_000, ["2.5", "15", "0.25"], "vtrj"],
  ["openai/gpt-5.4-mini", "openai", "gpt-5.4-mini", 400_000, 128_000, ["0.25", "2", "0.025"], "vtrj"],
  ["openai/gpt-5.3-codex", "openai", "gpt-5.3-codex", 400_000, 128_000, ["1.75", "14", "0.175"], "vtrj"],
  ["openai/text-embedding-3-large", "openai", "text-embedding-3-large", 8_191, null, ["0.13", "0"], "e"],
  [
    "google/gemini-3.5-flash",
    "gemini",
    "gemini-3.5-flash",
    1_048_576,
    65_536,
    ["0.3", "2.5", "0.03"],
    "vtrjw",
  ],
  [
    "moonshotai/kimi-k2.6",
    "openrouter",
    "moonshotai/kimi-k2.6",
    262_144,
    32_768,
    ["0.95", "4", "0.16"],
    "vtrj",
  ],
  [
    "deepseek/deepseek-v4-pro",
    "deepseek",
    "deepseek-v4-pro",
    1_000_000,
    65_536,
    ["0.435", "0.87", "0.04"],
    "trj",
  ],
  ["mistralai/mistral-small-2603", "mistral", "mistral-small-2603", 256_000, 32_768, ["0.15", "0.6"], "vtj"],
  [
    "meta-llama/llama-3.3-70b-instruct",
    "openrouter",
    "meta-llama/llama-3.3-70b-instruct:free",
    131_072,
    null,
    ["0", "0"],
    "tj",
  ],
  [
    "meta-llama/llama-3.3-70b-instruct",
    "groq",
    "llama-3.3-70b-versatile",
    131_072,
    32_768,
    ["0.59", "0.79"],
    "tj",
  ],
  [
    "nvidia/llama-3.1-nemotron-ultra-253b-v1",
    "openrouter",
    "nvidia/llama-3.1-nemotron-ultra-253b-v1:free",
    131_072,
    null,
    ["0", "0"],
    "trj",
  ],
];

const families = [
  "aurora",
  "basalt",
  "cirrus",
  "delta",
  "ember",
  "fjord",
  "granite",
  "heron",
  "iris",
  "juniper",
];
const makers = ["northwind", "lumen-labs", "quarry", "meridian", "osprey-ai"];
const hosts = ["openrouter", "together", "huggingface", "groq", "mistral"];
const variants = ["instruct", "chat", "coder", "thinking", "vision"];
const sizes = [3, 8, 14, 32, 70, 120, 235, 405];

/** So many that nobody reads them: figures follow from their place. */
function made(): Row[] {
  return families.flatMap((family, f) =>
    sizes.flatMap((size, s) =>
      variants.flatMap((variant, v) =>
        [2, 3, 4].flatMap((version): Row[] => {
          const place = f * 120 + s * 15 + v * 3 + version;
          const maker = makers[(f + version) % makers.length] ?? "";
          const name = `${family}-${version}-${size}b-${variant}`;
          const price = (size * (10 + (place % 7))) / 1_000;
          const can = `tj${variant === "vision" ? "v" : ""}${variant === "thinking" ? "r" : ""}`;
          const prices = place % 11 === 0 ? [null, null] : [price.toFixed(3), (price * 3).toFixed(3)];
          const context = [32_768, 65_536, 131_072, 262_144][place % 4] ?? null;
          const host = hosts[place % hosts.length] ?? "";
          const of = `${maker}/${name}`;
          const first: Row = [of, host, of, place % 13 === 0 ? null : context, 8_192, prices, can];
          return place % 2 === 0
            ? [first]
            : [first, [of, hosts[(place + 2) % hosts.length] ?? "", name, context, 8_192, prices, can]];
        }),
      ),
    ),
  );
}

let all: CatalogEntry[] | undefined;

export function offers(): CatalogEntry[] {
  all ??= [...rows, ...made()].map(([model, provider, id, contextWindow, outputLimit, prices, can]) => {
    const [input = null, output = null, cachedRead = null, cachedWrite = null] = prices;
    const long: Prices = {
      input: "6",
      output: "22.5",
      cachedRead: "0.6",
      cachedWrite: null,
      reasoning: null,
    };
    const capabilities = Object.fromEntries(
      Object.entries(words).map(([short, word]) => [
        word,
        can.includes(short) ? true : short === "w" ? null : false,
      ]),
    ) as Capabilities;
    return {
      model,
      provider,
      id,
      name: id.split("/").at(-1) ?? id,
      contextWindow,
      outputLimit,
      prices: { input, output, cachedRead, cachedWrite, reasoning: null },
      batch: {
        input: provider === "anthropic" && input !== null ? String(Number(input) / 2) : null,
        output: provider === "anthropic" && output !== null ? String(Number(output) / 2) : null,
        cachedRead: null,
        cachedWrite: null,
        reasoning: null,
      },
      dates: {
        released: provider === "anthropic" ? "2026-02-05" : null,
        knowledge: provider === "anthropic" ? "2025-08" : null,
        deprecated: null,
      },
      above: id === "claude-sonnet-4.6" ? [{ tokens: 200_000, prices: long }] : [],
      capabilities,
      quality: qualityOf(model) ?? (model === "openai/gpt-5.4-mini" ? 0.78 : null),
      qualityOf: model === "openai/gpt-5.4-mini" ? "openai/gpt-5.2-mini" : null,
      source: provider === "openrouter" ? "OpenRouter" : "models.dev",
      date: "2026-03-02",
      target: null,
      ready: false,
      local: false,
      own: false,
    };
  });
  return structuredClone(all);
}
