/** Providers and their keys, in the engine that is made up. It keeps that there is a key, never the key. */
import type {
  KeyPlace,
  KeyPlaces,
  LocalServer,
  Preset,
  ProviderCheck,
  ProviderEdit,
  ProviderStatus,
} from "../bindings";
import type { Ipc } from "../index";
import type { Door } from "./columns";
import { providers } from "./world";

type Keys = Pick<
  Ipc,
  | "addProvider"
  | "askKeychain"
  | "changeVaultPassphrase"
  | "createVault"
  | "deleteVault"
  | "environmentKeys"
  | "keyPlaces"
  | "listProviders"
  | "localServers"
  | "lockVault"
  | "presets"
  | "removeKey"
  | "removeProvider"
  | "restoreVault"
  | "setKey"
  | "setProviderEnabled"
  | "testProvider"
  | "unlockVault"
  | "updateProvider"
>;

/** `?keychain=` puts the keychain into one of its states. */
function keychainAsked(): KeyPlaces["keychain"] {
  const asked = new URLSearchParams(globalThis.location?.search ?? "").get("keychain");
  const states = ["unknown", "open", "locked", "waiting", "noCollection", "absent", "failed"] as const;
  return states.find((state) => state === asked) ?? "open";
}

const advice: Record<KeyPlaces["keychain"], string | null> = {
  unknown: null,
  open: null,
  locked: "unlock it, then try again",
  waiting: "answer its question, then try again",
  noCollection: "create a keyring with the system's password tool, then try again",
  absent: "use the vault file, an environment variable, or a key for this session",
  failed: "try again, or use the vault file",
};

/** What a preset of this engine offers once it is added. */
const offers: Record<string, string[]> = {
  xai: ["grok-4.3", "grok-4.3-fast"],
  lmstudio: ["qwen/qwen3-coder-30b"],
  openrouter: ["meta-llama/llama-3.3-70b-instruct:free", "deepseek/deepseek-v4-flash"],
};

function presets(): Preset[] {
  const row = (
    id: string,
    name: string,
    dialect: Preset["dialect"],
    baseUrl: string,
    keyVariable: string | null,
  ): Preset => ({ id, name, dialect, baseUrl, keyVariable, local: baseUrl.includes("127.0.0.1") });
  return [
    row("openai", "OpenAI", "openai-responses", "https://api.openai.com/v1", "OPENAI_API_KEY"),
    row("anthropic", "Anthropic", "anthropic-messages", "https://api.anthropic.com", "ANTHROPIC_API_KEY"),
    row("gemini", "Google Gemini", "gemini", "https://generativelanguage.googleapis.com", "GEMINI_API_KEY"),
    row("xai", "xAI", "openai-chat", "https://api.x.ai/v1", "XAI_API_KEY"),
    row("openrouter", "OpenRouter", "openai-chat", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    row("ollama", "Ollama", "ollama", "http://127.0.0.1:11434", null),
    row("lmstudio", "LM Studio", "openai-chat", "http://127.0.0.1:1234/v1", null),
    row("llamacpp", "llama.cpp", "openai-chat", "http://127.0.0.1:8080/v1", null),
    row("vllm", "vLLM", "openai-chat", "http://127.0.0.1:8000/v1", null),
  ];
}

export function keys({ later, changed, world }: Door): Keys {
  let keychain: KeyPlaces["keychain"] = keychainAsked() === "open" ? "unknown" : keychainAsked();
  // `?vault=damaged`: as after a disk that failed.
  const search = new URLSearchParams(globalThis.location?.search ?? "");
  let vault: KeyPlaces["vault"] = search.get("vault") === "damaged" ? "damaged" : "absent";
  let passphrase = "";
  const places = (): KeyPlaces => ({
    keychainName: "Secret Service",
    keychain,
    keychainAdvice: advice[keychain],
    vault,
  });
  const provider = (id: string): ProviderStatus => {
    const found = world().providers.find((p) => p.id === id);
    if (!found) throw new Error(`there is no provider ${id}`);
    return found;
  };
  const tell = () => changed("providers", "models", "keys");
  const open = (given: string) => {
    if (given !== passphrase) throw new Error("this is not the vault's passphrase");
    vault = "open";
  };
  const write = (row: ProviderStatus, edit: ProviderEdit) =>
    Object.assign(row, {
      name: edit.name ?? row.name,
      dialect: edit.dialect ?? row.dialect,
      baseUrl: edit.baseUrl ?? row.baseUrl,
      headers: edit.headers,
      configuredModels: edit.models,
      models: edit.models.length > 0 ? edit.models : row.models,
      allowLan: edit.allowLan,
      configured: true,
    });
  return {
    listProviders: () => later(() => world().providers),
    keyPlaces: () => later(places),
    askKeychain: () =>
      later(() => {
        keychain = keychainAsked();
        return places();
      }),
    setKey: (id, key, place: KeyPlace) =>
      later(() => {
        if (!key.trim()) throw new Error("this cannot be a key: it is empty");
        if (/\s/.test(key.trim())) throw new Error("this cannot be a key: it has spaces");
        if (place === "vault" && vault !== "open") throw new Error(`the vault is ${vault}`);
        if (place === "keychain") {
          keychain = keychainAsked();
          if (keychain !== "open") throw new Error(`the keychain is ${keychain}; ${advice[keychain] ?? ""}`);
        }
        const row = provider(id);
        // A variable wins over what is kept, but not over this session.
        const wins = row.keyPlace === "environment" && place !== "session" ? row.keyVariable : null;
        if (wins === null) Object.assign(row, { key: "present", keyPlace: place });
        tell();
        return wins;
      }),
    removeKey: (id) =>
      later(() => {
        const had = provider(id).key === "present";
        Object.assign(provider(id), { key: "missing", keyPlace: null });
        tell();
        return had;
      }),
    restoreVault: (copy) =>
      later(() => {
        if (vault !== "damaged" && vault !== "absent") throw new Error("there is a vault file already");
        if (!copy.includes("xchacha20-poly1305"))
          throw new Error("the copy is no vault file, or damaged itself");
        vault = "locked";
        return tell();
      }),
    createVault: (given) =>
      later(() => {
        if (given.length < 8) throw new Error("a passphrase has at least 8 characters");
        passphrase = given;
        vault = "open";
        return tell();
      }),
    unlockVault: (given) =>
      later(() => {
        open(given);
        return tell();
      }),
    lockVault: () =>
      later(() => {
        vault = "locked";
        return tell();
      }),
    changeVaultPassphrase: (old, next) =>
      later(() => {
        open(old);
        passphrase = next;
        return null;
      }),
    deleteVault: () =>
      later(() => {
        vault = "absent";
        return tell();
      }),
    environmentKeys: () =>
      later(() =>
        world().scene === "full"
          ? [
              {
                variable: "XAI_API_KEY",
                provider: "xai",
                name: "xAI",
                inUse: world().providers.some((p) => p.id === "xai"),
              },
            ]
          : [],
      ),
    presets: () => later(() => presets()),
    localServers: () =>
      later(() => {
        const full = world().scene === "full";
        const row = (preset: string, name: string, port: string, models: string[]): LocalServer => ({
          preset,
          name,
          baseUrl: `http://127.0.0.1:${port}`,
          found: full && models.length > 0,
          models: full ? models : [],
          inUse: world().providers.some((p) => p.id === preset && p.enabled),
        });
        return [
          row("ollama", "Ollama", "11434", ["llama3.2", "qwen3:30b"]),
          row("lmstudio", "LM Studio", "1234/v1", ["qwen/qwen3-coder-30b"]),
          row("llamacpp", "llama.cpp", "8080/v1", []),
          row("vllm", "vLLM", "8000/v1", []),
        ];
      }),
    addProvider: (edit) =>
      later(() => {
        const all = world().providers;
        if (all.some((p) => p.id === edit.id && p.configured))
          throw new Error(`there is a provider ${edit.id} already`);
        const preset = presets().find((p) => p.id === (edit.preset ?? edit.id));
        const baseUrl = edit.baseUrl ?? preset?.baseUrl ?? "";
        const variable = edit.key?.startsWith("env:") ? edit.key.slice(4) : null;
        const needsKey = edit.key !== "none" && (edit.key !== null || preset?.keyVariable !== null);
        const row: ProviderStatus = {
          id: edit.id,
          name: edit.name ?? preset?.name ?? edit.id,
          dialect: edit.dialect ?? preset?.dialect ?? "openai-chat",
          baseUrl,
          enabled: true,
          loopback: baseUrl.includes("127.0.0.1"),
          key: variable ? "present" : needsKey ? "missing" : "notNeeded",
          keyVariable: variable ?? preset?.keyVariable ?? null,
          models: edit.models.length > 0 ? edit.models : (offers[preset?.id ?? ""] ?? []),
          problem: null,
          configured: true,
          preset: preset?.id ?? null,
          headers: edit.headers,
          allowLan: edit.allowLan,
          keyPlace: variable ? "environment" : null,
          lastTest: null,
          configuredModels: edit.models,
        };
        world().providers = [...all.filter((p) => p.id !== edit.id), row];
        return tell();
      }),
    updateProvider: (id, edit) =>
      later(() => {
        write(provider(id), edit);
        return tell();
      }),
    removeProvider: (id) =>
      later(() => {
        const all = world();
        const preset = presets().some((p) => p.id === id) && provider(id).configured;
        const asBuilt = providers("fresh").find((p) => p.id === id);
        all.providers = all.providers.flatMap((p) =>
          p.id !== id ? [p] : preset && asBuilt ? [asBuilt] : [],
        );
        return tell();
      }),
    setProviderEnabled: (id, enabled) =>
      later(() => {
        provider(id).enabled = enabled;
        return tell();
      }),
    testProvider: async (id): Promise<ProviderCheck> => {
      await new Promise((done) => setTimeout(done, 300));
      const row = provider(id);
      const ok = row.key !== "missing";
      row.lastTest = { at: new Date().toISOString(), ok, ms: 380 };
      tell();
      return {
        provider: id,
        ok,
        models: ok ? row.models : [],
        steps: [
          { name: "key", ok, detail: ok ? "there is one, or none is needed" : "none is stored", ms: null },
          ...(ok
            ? [
                { name: "connect", ok, detail: "TLS 1.3", ms: 41 },
                { name: "list models", ok, detail: `${row.models.length} models`, ms: 130 },
                { name: "one token", ok, detail: `from ${row.models[0] ?? "no model"}, $0.00001`, ms: 209 },
              ]
            : []),
        ],
        problem: ok
          ? null
          : { kind: "auth", message: `no key is stored for ${row.name}`, retryAfterMs: null },
      };
    },
  };
}
