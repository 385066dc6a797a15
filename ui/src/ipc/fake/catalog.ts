/** A made-up catalog: some models as they are, and more beside them than anybody looks through by hand. */
import type {
  Capabilities,
  CatalogCard,
  CatalogEntry,
  CatalogQuery,
  CatalogSource,
  DoubtfulName,
  FacetCount,
  Model,
  ModelDates,
  NamedModel,
  OwnFigures,
  PriceChange,
  Prices,
  RankBy,
  RankPart,
  Weights,
} from "../bindings";
import type { Ipc } from "../index";
import type { Door } from "./columns";
import { offers, SCORES } from "./offers";
import { priced } from "./pricing";
import { profiles } from "./routing";

type Catalog = Pick<
  Ipc,
  | "answerDoubt"
  | "answerHeld"
  | "catalogCards"
  | "catalogState"
  | "doubtfulNames"
  | "findCatalog"
  | "heldPrices"
  | "modelHistory"
  | "modelNames"
  | "ownFigures"
  | "priceModels"
  | "rankModels"
  | "removeOwnFigures"
  | "setCatalogSchedule"
  | "setModelName"
  | "setOwnFigures"
  | "syncCatalog"
  | "syncCatalogFile"
  | "syncCatalogFrom"
>;

/** What outlives a reload. */
export type Cataloged = {
  scheduled: boolean;
  sources: CatalogSource[];
  held: PriceChange[];
  changes: PriceChange[];
  doubts: DoubtfulName[];
  names: NamedModel[];
  own: OwnFigures[];
};

const HOUR_MS = 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();
const unknown: Prices = { input: null, output: null, cachedRead: null, cachedWrite: null, reasoning: null };
const undated: ModelDates = { released: null, knowledge: null, deprecated: null };
const nothing: Capabilities = {
  vision: null,
  tools: null,
  json: null,
  reasoning: null,
  embeddings: null,
  webSearch: null,
};
const bad = (text: string, kind = "badInput") => Object.assign(new Error(text), { kind });

export function catalog(door: Door, models: () => Model[]): Catalog {
  const { later, world, changed } = door;
  const state = (): Cataloged => (world().catalog ??= begin(world().scene === "full"));

  /** All that is listed, with who can be asked, and the user's word over it. */
  const entries = (): CatalogEntry[] => {
    const asked = models();
    const listed = offers().map((entry): CatalogEntry => {
      const target = asked.find((model) => model.target === `${entry.provider}/${entry.id}`);
      return target ? { ...entry, target: target.target, ready: target.available } : entry;
    });
    const known = new Set(listed.flatMap(({ target }) => (target === null ? [] : [target])));
    const others = asked
      .filter(({ target }) => !known.has(target))
      .map((model): CatalogEntry => {
        const [provider = "", ...rest] = model.target.split("/");
        return {
          model: model.simulated ? model.target : canonical(rest.join("/")),
          provider,
          id: rest.join("/"),
          name: model.name,
          contextWindow: model.contextWindow,
          outputLimit: model.outputLimit,
          prices: model.prices,
          above: [],
          batch: unknown,
          dates: undated,
          capabilities: model.capabilities,
          quality: null,
          qualityOf: null,
          source: "its provider's list",
          date: "",
          target: model.target,
          ready: model.available,
          local: provider === "ollama" || model.simulated,
          own: false,
        };
      });
    const all = [...others, ...listed];
    for (const own of state().own) {
      const names = ({ target, provider, id }: CatalogEntry) => [target, `${provider}/${id}`, id];
      const found = all.filter((entry) => names(entry).includes(own.model));
      for (const entry of found) Object.assign(entry, overlay(entry, own));
      if (found.length > 0) continue;
      const [provider = "", ...rest] = own.model.split("/");
      const there = world().providers.find(({ id }) => id === provider);
      all.push(
        overlay(
          {
            model: own.model,
            provider,
            id: rest.join("/"),
            name: rest.join("/"),
            contextWindow: null,
            outputLimit: null,
            prices: unknown,
            above: [],
            batch: unknown,
            dates: undated,
            capabilities: nothing,
            quality: null,
            qualityOf: null,
            source: "you",
            date: "",
            target: own.model,
            ready: there?.key === "present" || there?.key === "notNeeded",
            local: there?.loopback ?? false,
            own: true,
          },
          own,
        ),
      );
    }
    return all;
  };

  const cardOf = (name: string): CatalogCard => {
    const all = entries();
    const settled = state().names.find((one) => one.name === name.toLowerCase())?.model;
    const found = all.find(({ model, target, id }) => [model, target, id].includes(settled ?? name));
    if (!found && !name.includes("/")) throw bad(`\`${name}\` says nothing of a model`);
    const model = found?.model ?? settled ?? name;
    return {
      model,
      matchScore: 1,
      known: found !== undefined,
      offers: all.filter((entry) => entry.model === model),
      scores: (SCORES[model] ?? []).map(([board, value, votes]) => ({
        board,
        value,
        votes,
        source: "LMArena leaderboard",
        date: "2025-08-21",
      })),
      seen: all
        .filter((entry) => entry.model === model && entry.ready && entry.target !== null)
        .map(({ target }) => seenOf(target ?? "")),
      names: state().names.flatMap((one) => (one.model === model ? [one.name] : [])),
    };
  };

  const taken = (source: string) => {
    const all = state();
    const row = all.sources.find((one) => one.source === source);
    const now = Date.now();
    if (row)
      Object.assign(row, {
        syncedAt: iso(now),
        triedAt: iso(now),
        failures: 0,
        problem: null,
        models: row.models || 411,
      });
    return {
      source,
      unchanged: false,
      models: row?.models ?? 12,
      changed: 3,
      held: 0,
      skipped: 1,
      examples: ["acme/<b>bold</b>: markup in its name"],
    };
  };

  return {
    findCatalog: (query) => later(() => found(entries(), query)),
    catalogCards: (names) => later(() => names.map(cardOf)),
    modelHistory: (name) =>
      later(() => {
        const card = cardOf(name);
        return state().changes.filter(({ provider, model }) =>
          card.offers.some((offer) => offer.provider === provider && offer.id === model),
        );
      }),
    priceModels: (names, load) => later(() => priced(entries(), names, load)),
    rankModels: (by) => later(() => ranked(entries(), by)),
    catalogState: () =>
      later(() => {
        const { scheduled, sources, held, doubts } = state();
        return {
          bundled: offers().length,
          bundledOn: "2026-03-02",
          scheduled,
          sources: sources.map((source) => ({
            ...source,
            nextAt:
              scheduled && source.url !== null
                ? iso(Date.parse(source.triedAt ?? iso(Date.now())) + (source.problem ? 2 : 24) * HOUR_MS)
                : null,
          })),
          held: held.length,
          doubtful: doubts.length,
        };
      }),
    setCatalogSchedule: (on) =>
      later(() => {
        state().scheduled = on;
        return changed("catalog");
      }),
    syncCatalog: () =>
      later(() => {
        const lists = state()
          .sources.filter(({ url }) => url !== null)
          .map(({ source }) => ({ source, done: taken(source), problem: null }));
        changed("models", "catalog");
        return lists;
      }),
    syncCatalogFrom: (url) =>
      later(() => {
        if (!url.startsWith("https://")) throw bad("write a public address that begins with `https://`");
        if (!url.endsWith(".json"))
          throw bad(`${url}: it is no list of models that is known; nothing of it was taken`);
        changed("models", "catalog");
        return taken("models-dev");
      }),
    syncCatalogFile: () =>
      later(() => {
        changed("models", "catalog");
        return taken("litellm");
      }),
    heldPrices: () => later(() => state().held),
    answerHeld: (model, accept) =>
      later(() => {
        const all = state();
        const fits = (held: PriceChange) => model === null || `${held.provider}/${held.model}` === model;
        const answered = all.held.filter(fits);
        if (answered.length === 0) throw bad(`there is no waiting price of \`${model}\``, "notFound");
        all.held = all.held.filter((held) => !fits(held));
        if (accept) all.changes.unshift(...answered);
        changed("models", "catalog");
        return answered.length;
      }),
    doubtfulNames: () => later(() => state().doubts),
    answerDoubt: (name, same) =>
      later(() => {
        const all = state();
        const doubt = all.doubts.find((one) => one.name === name);
        if (!doubt) throw bad(`there is no doubtful name \`${name}\``, "notFound");
        all.doubts = all.doubts.filter((one) => one !== doubt);
        all.names.push({ name: name.toLowerCase(), model: same ? doubt.model : name.toLowerCase() });
        return changed("models", "catalog");
      }),
    modelNames: () => later(() => state().names.toSorted((a, b) => a.name.localeCompare(b.name))),
    setModelName: (name, model) =>
      later(() => {
        const all = state();
        all.names = all.names.filter((one) => one.name !== name.toLowerCase());
        if (model !== null) all.names.push({ name: name.toLowerCase(), model });
        const doubt = DOUBTS.find((one) => one.name.toLowerCase() === name.toLowerCase());
        if (model === null && doubt) all.doubts.push(doubt);
        return changed("models", "catalog");
      }),
    ownFigures: () => later(() => state().own),
    setOwnFigures: (own) =>
      later(() => {
        const [provider] = own.model.split("/");
        if (own.model.includes("/") && !world().providers.some(({ id }) => id === provider))
          throw bad("write the model as `provider/model`, of a provider that is set up");
        const all = state();
        all.own = [...all.own.filter((one) => one.model !== own.model), own];
        return changed("models", "catalog");
      }),
    removeOwnFigures: (model) =>
      later(() => {
        const all = state();
        all.own = all.own.filter((one) => one.model !== model);
        return changed("models", "catalog");
      }),
  };
}

const canonical = (id: string) => offers().find((entry) => entry.id === id)?.model ?? id;

function overlay(entry: CatalogEntry, own: OwnFigures): CatalogEntry {
  const priced = own.prices !== undefined && own.prices.input !== null;
  const said = Object.entries(own.capabilities ?? {}).filter(([, value]) => value !== null);
  return {
    ...entry,
    name: own.name ?? entry.name,
    contextWindow: own.contextWindow ?? entry.contextWindow,
    outputLimit: own.outputLimit ?? entry.outputLimit,
    capabilities: { ...entry.capabilities, ...(Object.fromEntries(said) as Partial<Capabilities>) },
    ...(priced && { prices: own.prices ?? unknown, above: [], source: "you", date: "" }),
    own: true,
  };
}

/** Figures of so many answers, the same for one target every time. */
function seenOf(target: string) {
  const seed = [...target].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 997, 7);
  return {
    target,
    firstMs: 180 + (seed % 70) * 11,
    tokensPerSecond: 34 + (seed % 83),
    liked: target.startsWith("simulated/") ? null : 0.3 + (seed % 60) / 100,
    votes: seed % 70,
  };
}

const abilities = {
  vision: "vision",
  tools: "tools",
  json: "json",
  reasoning: "reasoning",
  web_search: "webSearch",
} as const;

function found(all: CatalogEntry[], query: CatalogQuery) {
  const parts = (query.text ?? "")
    .toLowerCase()
    .split(",")
    .map((part) => part.split(/\s+/).filter(Boolean))
    .filter((words) => words.length > 0);
  const maker = ({ model }: CatalogEntry) => (model.includes("/") ? (model.split("/")[0] ?? "") : "");
  const fitting = all.filter((entry) => {
    const names =
      `${entry.provider}/${entry.id} ${entry.name} ${entry.model} ${entry.target ?? ""}`.toLowerCase();
    return (
      (parts.length === 0 || parts.some((words) => words.every((word) => names.includes(word)))) &&
      (query.can ?? []).every((one) => entry.capabilities[abilities[one]] === true) &&
      (query.embeddings == null || (entry.capabilities.embeddings === true) === query.embeddings) &&
      (query.minContext == null || (entry.contextWindow ?? 0) >= query.minContext) &&
      (query.maxOutput == null ||
        (entry.prices.output !== null && Number(entry.prices.output) <= Number(query.maxOutput)))
    );
  });
  const ways = {
    ready: (entry: CatalogEntry) => entry.ready,
    needsProvider: (entry: CatalogEntry) => !entry.ready,
    local: (entry: CatalogEntry) => entry.local,
  };
  const reached = (entry: CatalogEntry) =>
    !query.reachable?.length || query.reachable.some((way) => ways[way](entry));
  const offered = (entry: CatalogEntry) =>
    !query.providers?.length || query.providers.includes(entry.provider);
  const made = (entry: CatalogEntry) => !query.makers?.length || query.makers.includes(maker(entry));
  const models = fitting.filter((entry) => reached(entry) && offered(entry) && made(entry));
  const price = (of: keyof Prices) => (entry: CatalogEntry) =>
    entry.prices[of] === null ? null : Number(entry.prices[of]);
  const by = {
    name: () => 0,
    quality: (entry: CatalogEntry) => entry.quality,
    context: (entry: CatalogEntry) => entry.contextWindow,
    input: price("input"),
    output: price("output"),
    cached: price("cachedRead"),
  }[query.sort ?? "name"];
  const name = ({ provider, id }: CatalogEntry) => `${provider}/${id}`;
  const turn = query.descending ? -1 : 1;
  models.sort((a, b) => {
    const [one, two] = [by(a), by(b)];
    const named = name(a) < name(b) ? -1 : 1;
    if ((query.sort ?? "name") === "name") return named * turn;
    if (one === null || two === null) return one === two ? named : one === null ? 1 : -1;
    return (one - two) * turn || named;
  });
  const facet = (of: CatalogEntry[], key: (entry: CatalogEntry) => string): FacetCount[] => {
    const counts = new Map<string, number>();
    for (const entry of of) counts.set(key(entry), (counts.get(key(entry)) ?? 0) + 1);
    return [...counts]
      .map(([name, count]) => ({ name, count }))
      .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
  };
  return {
    models,
    all: all.length,
    reachable: Object.entries(ways).map(([name, fits]) => ({
      name,
      count: fitting.filter((entry) => offered(entry) && made(entry) && fits(entry)).length,
    })),
    can: [...Object.entries(abilities), ["embeddings", "embeddings"] as const].map(([name, field]) => ({
      name,
      count: models.filter((entry) => entry.capabilities[field] === true).length,
    })),
    providers: facet(
      fitting.filter((entry) => reached(entry) && made(entry)),
      ({ provider }) => provider,
    ),
    makers: facet(
      fitting.filter((entry) => reached(entry) && offered(entry)),
      maker,
    ),
  };
}

function ranked(all: CatalogEntry[], by: RankBy) {
  const price = ({ prices: { input, output } }: CatalogEntry) =>
    input === null ? null : (Number(input) * 3 + Number(output ?? input)) / 4;
  const known = ({ quality, prices, contextWindow, ready, target }: CatalogEntry): boolean => {
    switch (by) {
      case "quality":
        return quality !== null;
      case "balanced":
        return quality !== null && prices.input !== null;
      case "budget":
        return prices.input !== null;
      case "long-context":
        return contextWindow !== null;
      case "speed":
        return ready && target !== null && !target.startsWith("simulated/");
    }
  };
  /** Good enough, soon enough and cheap enough for a usual request, as the real engine has it. */
  const parts = (entry: CatalogEntry): RankPart[] | null => {
    if (!known(entry)) return null;
    const { quality, contextWindow, prices, target } = entry;
    const seen = target !== null && entry.ready ? seenOf(target) : { firstMs: 900, tokensPerSecond: 60 };
    const seconds = seen.firstMs / 1_000 + 675 / seen.tokensPerSecond;
    const dollars =
      (1_000 * Number(prices.input ?? 0) + 675 * Number(prices.output ?? prices.input ?? 0)) / 1e6;
    const values: Record<keyof Weights, number> = {
      quality: 1 / (1 + Math.exp(-6 * ((quality ?? 0.5) - 0.5))),
      speed: Math.max(0, 1 - Math.log(Math.max(1, seconds / 0.3)) / Math.log(400)),
      cost: prices.input === null ? 0.35 : 1 - Math.log1p(dollars / 3e-3) / Math.log1p(1 / 3e-3),
      availability: 0.98,
      reliability: 0.98,
      context: Math.min(1, Math.log2(Math.max(1, (contextWindow ?? 16_384) / 8_192)) / 8),
    };
    const weights = Object.entries(profiles[by]) as [keyof Weights, number][];
    const sum = weights.reduce((all, [, weight]) => all + weight, 0);
    return weights
      .filter(([, weight]) => weight > 0)
      .map(([name, weight]) => ({ name, value: values[name], weight: (weight / sum) * 0.98 * 0.98 }))
      .sort((a, b) => b.weight - a.weight);
  };
  const cheapest = new Map<string, CatalogEntry>();
  for (const entry of all) {
    const other = cheapest.get(entry.model);
    if (!other || (price(entry) ?? Infinity) < (price(other) ?? Infinity)) cheapest.set(entry.model, entry);
  }
  return [...cheapest.values()]
    .flatMap((entry) => {
      const made = entry.capabilities.embeddings === true ? null : parts(entry);
      if (!made) return [];
      const score = made.reduce((sum, { value, weight }) => sum + (value ?? 0) * (weight ?? 0), 0);
      return [{ ...entry, parts: made, score, rank: 0 }];
    })
    .sort((a, b) => b.score - a.score || (a.model < b.model ? -1 : 1))
    .map((one, at) => ({ ...one, rank: at + 1 }));
}

const doubt = (name: string, source: string, model: string, score: number): DoubtfulName => ({
  name,
  source,
  model,
  score,
});
const DOUBTS: readonly DoubtfulName[] = [
  doubt("claud-sonnet-4.6", "lmarena", "anthropic/claude-sonnet-4.6", 0.78),
  doubt("gpt-5.4-thinkng", "lmarena", "openai/gpt-5.4", 0.74),
  doubt("deepseek-v4pro-exp", "litellm", "deepseek/deepseek-v4-pro", 0.72),
  doubt("qwen3-coder-30b-a3b-instruct-2507-q4_K_M.gguf", "hugging-face", "qwen/qwen3-coder-30b-a3b", 0.71),
  doubt("gemini-3.5-flsh-002", "litellm", "google/gemini-3.5-flash", 0.7),
];

function begin(full: boolean): Cataloged {
  const now = Date.now();
  const source = (of: Partial<CatalogSource> & Pick<CatalogSource, "source" | "url">): CatalogSource => ({
    syncedAt: null,
    triedAt: null,
    failures: 0,
    problem: null,
    nextAt: null,
    models: 0,
    ...of,
  });
  const urls = {
    "models-dev": "https://models.dev/api.json",
    litellm: "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json",
    openrouter: "https://openrouter.ai/api/v1/models",
  };
  if (!full)
    return {
      scheduled: false,
      sources: Object.entries(urls).map(([name, url]) => source({ source: name, url })),
      held: [],
      changes: [],
      doubts: [],
      names: [],
      own: [],
    };
  const at = (hours: number) => iso(now - hours * HOUR_MS);
  const priced = (input: string, output: string): Prices => ({ ...unknown, input, output });
  const change = (source: string, model: string, old: Prices, next: Prices, hours: number): PriceChange => {
    const [provider = "", ...rest] = model.split("/");
    return { kind: "price", source, provider, model: rest.join("/"), old, new: next, at: at(hours) };
  };
  return {
    scheduled: true,
    sources: [
      source({ source: "litellm", url: urls.litellm, syncedAt: at(2), triedAt: at(2), models: 1_204 }),
      source({ source: "lmarena:lmarena-text", url: null, syncedAt: at(90), triedAt: at(90), models: 187 }),
      source({ source: "models-dev", url: urls["models-dev"], syncedAt: at(2), triedAt: at(2), models: 842 }),
      source({
        source: "openrouter",
        url: urls.openrouter,
        syncedAt: at(50),
        triedAt: at(1),
        failures: 3,
        models: 344,
        problem: "the server answered 503; what it said before stays in force",
      }),
    ],
    held: [
      change("litellm", "mistral/mistral-small-2603", priced("0.15", "0.6"), priced("0.0015", "0.006"), 2),
      change("models-dev", "openai/gpt-5.4-mini", priced("0.25", "2"), priced("25", "200"), 2),
    ],
    changes: [
      change("models-dev", "anthropic/claude-opus-4.6", priced("15", "75"), priced("5", "25"), 26),
      change("litellm", "gemini/gemini-3.5-flash", priced("0.35", "2.8"), priced("0.3", "2.5"), 31),
      change("models-dev", "anthropic/claude-sonnet-4.6", priced("3.3", "16.5"), priced("3", "15"), 400),
    ],
    doubts: [...DOUBTS],
    names: [
      { name: "sonnet-prod", model: "anthropic/claude-sonnet-4.6" },
      { name: "house-style-v2", model: "house-style-v2" },
    ],
    own: [
      {
        model: "ollama/our-finetune-r7",
        name: "Our fine-tune, round 7",
        contextWindow: 131_072,
        outputLimit: null,
        capabilities: { ...nothing, tools: true },
        prices: unknown,
      },
      {
        model: "openai/gpt-5.4",
        name: null,
        contextWindow: null,
        outputLimit: null,
        capabilities: nothing,
        prices: { ...unknown, input: "2.25", output: "13.5", cachedRead: "0.225" },
      },
    ],
  };
}
