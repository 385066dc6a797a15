/** What the user may change of a provider, as the form has it. */
import type { Dialect, Preset, ProviderEdit, ProviderStatus } from "@/ipc";

export type Draft = {
  name: string;
  dialect: Dialect;
  baseUrl: string;
  headers: readonly (readonly [string, string])[];
  /** The only models to be asked for, as text with commas or lines between them; empty: whatever it offers. */
  models: string;
  allowLan: boolean;
};

export const dialects: readonly { value: Dialect; label: string; hint: string }[] = [
  { value: "openai-chat", label: "openai-chat", hint: "most servers" },
  { value: "openai-responses", label: "openai-responses", hint: "OpenAI" },
  { value: "anthropic-messages", label: "anthropic-messages", hint: "Anthropic" },
  { value: "gemini", label: "gemini", hint: "Google" },
  { value: "ollama", label: "ollama", hint: "Ollama" },
];

export const draftOf = (provider: ProviderStatus): Draft => ({
  name: provider.name,
  dialect: provider.dialect,
  baseUrl: provider.baseUrl,
  headers: provider.headers,
  models: provider.configuredModels.join(", "),
  allowLan: provider.allowLan,
});

export const modelsOf = (text: string): string[] =>
  text
    .split(/[\s,]+/)
    .map((model) => model.trim())
    .filter(Boolean);

export const sameDraft = (one: Draft, other: Draft) =>
  JSON.stringify({ ...one, headers: filled(one.headers) }) ===
  JSON.stringify({ ...other, headers: filled(other.headers) });

const filled = (headers: Draft["headers"]): [string, string][] =>
  headers
    .map(([name, value]): [string, string] => [name.trim(), value.trim()])
    .filter(([name, value]) => name || value);

/** Why this is no address that can be asked, or `null`. */
export function badUrl(text: string): string | null {
  if (!text.trim()) return "It needs an address.";
  try {
    const { protocol, username, password, hash, search } = new URL(text.trim());
    if (protocol !== "http:" && protocol !== "https:") return "An address begins with http:// or https://.";
    if (username || password) return "No key or name in the address: it would be written to config.toml.";
    if (hash || search) return "Nothing after ? or #: only the address that all calls begin with.";
    return null;
  } catch {
    return "This is no whole address. One looks like https://host/v1.";
  }
}

const SECRET = /^(authorization|proxy-authorization|cookie|(x-)?api-key|x-goog-api-key|.*(token|secret))$/i;

/** Why these headers cannot be sent, or `null`. */
export function badHeaders(headers: Draft["headers"]): string | null {
  for (const [name, value] of filled(headers)) {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name))
      return name ? `“${name}” is no name of a header.` : "A header needs a name.";
    if (SECRET.test(name))
      return `“${name}” would carry a key. Keys go into the key field, never into config.toml.`;
    if (!/^[\x20-\x7e]*$/.test(value)) return `The value of “${name}” has signs that no header has.`;
  }
  return null;
}

/** An id that is free, from what the user calls it. */
export function idFor(name: string, taken: readonly string[]): string {
  const plain = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 50);
  const base = !plain || plain === "auto" ? "provider" : plain;
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? base : `${base}-${n}`;
    if (!taken.includes(id)) return id;
  }
}

/** What of a provider is written: only what is other than it was. */
export function changeOf(before: ProviderStatus, draft: Draft): ProviderEdit {
  const changed = <T>(was: T, now: T): T | null => (was === now ? null : now);
  return {
    id: before.id,
    preset: null,
    name: changed(before.name, draft.name.trim()),
    dialect: changed(before.dialect, draft.dialect),
    baseUrl: changed(before.baseUrl, draft.baseUrl.trim()),
    key: null,
    headers: filled(draft.headers),
    models: modelsOf(draft.models),
    allowLan: draft.allowLan,
  };
}

/** A provider of a preset, as it is, or with its key from a variable. */
export const fromPreset = (preset: Preset, id = preset.id, key: string | null = null): ProviderEdit => ({
  id,
  preset: preset.id,
  name: null,
  dialect: null,
  baseUrl: null,
  key,
  headers: [],
  models: [],
  allowLan: false,
});
