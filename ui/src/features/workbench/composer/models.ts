/** The list of models as the picker shows it: what is found, in which order, under which heading. Pure. */
import type { Model, PolicyList, Profile, ProviderStatus, Target } from "@/ipc";
import { providerOf } from "@/lib/target";
import { fuzzyScore } from "./fuzzy";

export type Mark = "vision" | "reasoning" | "tools" | "web" | "local" | "free";
export const marks: readonly { mark: Mark; label: string }[] = [
  { mark: "vision", label: "Vision" },
  { mark: "reasoning", label: "Reasoning" },
  { mark: "tools", label: "Tools" },
  { mark: "web", label: "Web search" },
  { mark: "local", label: "Local" },
  { mark: "free", label: "Free" },
];

export type Entry = {
  model: Model;
  provider: ProviderStatus | undefined;
  marks: ReadonlySet<Mark>;
  /** Why it cannot be asked, and what to do; `null` when it can. */
  blocked: { why: string; way: string } | null;
  /** What a route goes by; `undefined` for a model. */
  route?: string;
};

/** What the shipped policies go by. */
const goesBy: Record<Profile, string> = {
  quality: "the best answer",
  balanced: "as good as the prompt needs",
  speed: "the first to be there",
  budget: "the cheapest that will do",
  "long-context": "room for much text",
};

/** `auto`, and a route for each policy. */
const routesOf = ({
  default: usual,
  items,
}: PolicyList): { target: Target; name: string; goesBy: string }[] => [
  { target: "auto", name: "Automatic", goesBy: `whom your policy ${usual} chooses` },
  ...items.map(({ name, profile, builtIn, localOnly }) => ({
    target: `auto:${name}`,
    name: `Automatic, ${name}`,
    goesBy: builtIn ? goesBy[profile] : localOnly ? "your policy, on this machine" : "your policy",
  })),
];

const unknown = { input: null, output: null, cachedRead: null, cachedWrite: null, reasoning: null };
const cannotTell = {
  vision: null,
  tools: null,
  json: null,
  reasoning: null,
  embeddings: null,
  webSearch: null,
};

/** Routes as entries, where there is anybody whom they could choose. */
function routeEntries(entries: readonly Entry[], policies: PolicyList | undefined): Entry[] {
  const real = entries.some(({ model, blocked }) => !blocked && !model.simulated);
  // A policy of one's own may choose among those that are made up.
  const own = policies?.items.some(({ builtIn, allow }) => !builtIn && allow.length > 0);
  if (!policies || (!real && !own)) return [];
  return routesOf(policies).map(({ target, name, goesBy }) => ({
    model: {
      target,
      name,
      contextWindow: null,
      outputLimit: null,
      prices: unknown,
      capabilities: cannotTell,
      available: true,
      simulated: false,
    },
    provider: undefined,
    marks: new Set(),
    blocked: null,
    route: goesBy,
  }));
}

export type Row = { heading: string } | { entry: Entry; key: string };

export type Filter = { provider: string | null; marks: ReadonlySet<Mark> };
export const noFilter: Filter = { provider: null, marks: new Set() };

export function entriesOf(
  models: readonly Model[],
  providers: readonly ProviderStatus[],
  policies?: PolicyList,
): Entry[] {
  const byId = new Map(providers.map((provider) => [provider.id, provider]));
  const entries: Entry[] = models.map((model) => {
    const provider = byId.get(providerOf(model.target));
    return { model, provider, marks: marksOf(model, provider), blocked: blockedBy(model, provider) };
  });
  return [...entries, ...routeEntries(entries, policies)];
}

function marksOf({ capabilities, prices }: Model, provider: ProviderStatus | undefined): Set<Mark> {
  const all = new Set<Mark>();
  if (capabilities.vision) all.add("vision");
  if (capabilities.reasoning) all.add("reasoning");
  if (capabilities.tools) all.add("tools");
  if (capabilities.webSearch) all.add("web");
  if (provider?.loopback) all.add("local");
  if (prices.input !== null && prices.output !== null && Number(prices.input) + Number(prices.output) === 0)
    all.add("free");
  return all;
}

function blockedBy(model: Model, provider: ProviderStatus | undefined): Entry["blocked"] {
  if (model.capabilities.embeddings) return { why: "makes embeddings, no answers", way: "Open its provider" };
  if (model.available) return null;
  if (provider && !provider.enabled) return { why: "provider is off", way: "Switch it on" };
  switch (provider?.key) {
    case "locked":
      return { why: "keychain is locked", way: "Unlock it" };
    case "noKeychain":
      return { why: "no keychain here", way: "Choose a place for the key" };
    case "missing":
      return { why: "no key", way: "Add a key" };
    default:
      return {
        why: provider?.problem ? "does not answer" : "cannot be asked now",
        way: "Look at its provider",
      };
  }
}

/** Favourites first, then what was asked last, then by provider; simulated ones and those that cannot be asked last. */
export function rowsOf(
  entries: readonly Entry[],
  query: string,
  filter: Filter,
  favourites: readonly Target[],
  recent: readonly Target[],
): Row[] {
  const fits = entries.filter(
    ({ model, marks: has }) =>
      (filter.provider === null || providerOf(model.target) === filter.provider) &&
      [...filter.marks].every((mark) => has.has(mark)),
  );
  return query.trim() ? found(fits, query, favourites) : grouped(fits, favourites, recent);
}

function found(entries: readonly Entry[], query: string, favourites: readonly Target[]): Row[] {
  const liked = new Set(favourites);
  return entries
    .flatMap((entry) => {
      const { model, provider } = entry;
      const score = fuzzyScore(query, `${model.target} ${model.name} ${provider?.name ?? ""}`);
      if (score === null) return [];
      const exact = model.target === query.trim();
      return [
        {
          entry,
          score: score + (exact ? 5_000 : 0) + (liked.has(model.target) ? 50 : 0) - (entry.blocked ? 500 : 0),
        },
      ];
    })
    .sort((a, b) => b.score - a.score || a.entry.model.target.localeCompare(b.entry.model.target))
    .map(({ entry }) => ({ entry, key: entry.model.target }));
}

function grouped(entries: readonly Entry[], favourites: readonly Target[], recent: readonly Target[]): Row[] {
  const byTarget = new Map(entries.map((entry) => [entry.model.target, entry]));
  const rows: Row[] = [];
  const group = (heading: string, members: readonly Entry[]) => {
    if (members.length === 0) return;
    rows.push({ heading }, ...members.map((entry) => ({ entry, key: `${heading} ${entry.model.target}` })));
  };
  const known = (targets: readonly Target[]) =>
    targets.flatMap((target) => {
      const entry = byTarget.get(target);
      return entry ? [entry] : [];
    });
  group("Favourites", known(favourites));
  group("Recent", known(recent.filter((target) => !favourites.includes(target))).slice(0, 5));
  const open = entries.filter(({ blocked }) => !blocked);
  const providers = (members: readonly Entry[]) => [
    ...new Set(members.map(({ model }) => providerOf(model.target))),
  ];
  const of = (members: readonly Entry[], id: string) =>
    members
      .filter(({ model }) => providerOf(model.target) === id)
      .sort((a, b) => a.model.name.localeCompare(b.model.name));
  const real = open.filter(({ model, route }) => !model.simulated && route === undefined);
  for (const id of providers(real).sort()) group(providerName(real, id), of(real, id));
  group(
    "Routes, whoever fits each prompt",
    open.filter(({ route }) => route !== undefined),
  );
  group(
    "Simulated, nothing leaves this machine",
    open.filter(({ model }) => model.simulated),
  );
  const shut = entries.filter(({ blocked }) => blocked);
  for (const id of providers(shut).sort()) {
    const members = of(shut, id);
    const why = members[0]?.blocked?.why ?? "";
    group(`${providerName(shut, id)}, ${why}`, members);
  }
  return rows;
}

const providerName = (entries: readonly Entry[], id: string) =>
  entries.find(({ model }) => providerOf(model.target) === id)?.provider?.name ?? id;
