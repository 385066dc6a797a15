/** Whose key is this? Providers begin their keys in their own ways; some ways are shared. */

/** Longer beginnings come first: `sk-ant-` is an `sk-` too. */
const beginnings: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^sk-ant-/, ["anthropic"]],
  [/^sk-or-/, ["openrouter"]],
  [/^sk-(?:proj|svcacct|admin)-/, ["openai"]],
  [/^xai-/, ["xai"]],
  [/^gsk_/, ["groq"]],
  [/^hf_/, ["huggingface"]],
  [/^AIza[\w-]{35}$/, ["gemini"]],
  [/^AQ\./, ["gemini"]],
  [/^tgp_v1_/, ["together"]],
  [/^sk-[0-9a-f]{32}$/, ["deepseek", "openai"]],
  [/^sk-/, ["openai", "deepseek"]],
  [/^[0-9a-f]{64}$/, ["together"]],
  [/^[0-9a-f]{32}$/, ["azure"]],
  [/^[0-9A-Za-z]{32}$/, ["mistral"]],
];

/**
 * The providers that a key may belong to, the likeliest first: one when its beginning says so, several when they
 * share it, none when nobody is known for it.
 */
export function recognise(key: string): readonly string[] {
  const text = key.trim();
  return beginnings.find(([pattern]) => pattern.test(text))?.[1] ?? [];
}

/** Why this cannot be a key, or `null`; said before it is sent anywhere. */
export function noKey(text: string): string | null {
  const key = text.trim();
  if (!key) return "Paste a key first.";
  if (/\s/.test(key)) return "This has spaces or line breaks in it, which no key has. Copy the key alone.";
  if (/^https?:\/\//.test(key))
    return "This is an address. The key is what the provider shows once, when it makes it.";
  // The wire takes visible ASCII only.
  if (!/^[\x21-\x7e]+$/.test(key)) return "This has signs in it that no key has. Copy the key again.";
  if (key.length > 1_200) return "This is longer than any key: more than 1,200 characters.";
  return null;
}
