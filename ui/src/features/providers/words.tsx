import {
  CircleDashed,
  CircleHelp,
  CircleX,
  Hourglass,
  Lock,
  SquareTerminal,
  Timer,
  Vault,
} from "lucide-react";
import type { ReactNode } from "react";
import type { Tone } from "@/components/Badge";
import type { ErrorKind, KeyPlace, KeyPlaces, KeyState, ProviderStatus } from "@/ipc";

type Word = { text: string; tone: Tone; icon: ReactNode };

export const placeWords: Record<KeyPlace, Omit<Word, "tone">> = {
  keychain: { text: "keychain", icon: <Lock size={12} /> },
  vault: { text: "vault", icon: <Vault size={12} /> },
  session: { text: "this session", icon: <Timer size={12} /> },
  environment: { text: "environment", icon: <SquareTerminal size={12} /> },
};

/** Where a provider's key is, or why it is not there. */
export function keyWord({ key, keyPlace, configured }: ProviderStatus): Word {
  switch (key) {
    case "present":
      return keyPlace
        ? { ...placeWords[keyPlace], tone: "plain" }
        : { text: "present", tone: "plain", icon: <Lock size={12} /> };
    case "notNeeded":
      return { text: "no key", tone: "plain", icon: <CircleDashed size={12} /> };
    case "missing":
      // Nobody asked for it yet: then there is nothing to warn of.
      return configured
        ? { text: "missing", tone: "warn", icon: <CircleX size={12} /> }
        : { text: "none yet", tone: "plain", icon: <CircleDashed size={12} /> };
    case "locked":
      return { text: "locked", tone: "warn", icon: <Lock size={12} /> };
    case "noKeychain":
      return { text: "no keychain", tone: "warn", icon: <CircleX size={12} /> };
    case "unknown":
      // The vault may have it, but its file does not say.
      if (keyPlace === "vault") return { text: "vault damaged", tone: "danger", icon: <CircleX size={12} /> };
      return { text: "not asked", tone: "plain", icon: <CircleHelp size={12} /> };
  }
}

/** Why a provider cannot be asked, in two words. */
const problemWords: Record<ErrorKind, string> = {
  auth: "key refused",
  permission: "not allowed",
  not_found: "not found",
  bad_request: "refused",
  context_length: "refused",
  content_filter: "refused",
  rate_limited: "rate limit",
  overloaded: "overloaded",
  timeout: "no answer",
  network: "unreachable",
  cancelled: "stopped",
  budget: "over budget",
  quota: "no credit",
  upstream: "failed",
};

/** The same, with what is known of its key: one that is out of reach was refused by nobody. */
export function whyNot(kind: ErrorKind, key: KeyState): string {
  if (kind === "auth" && key === "locked") return "key locked";
  if (kind === "auth" && (key === "missing" || key === "noKeychain")) return "no key";
  return problemWords[kind];
}

/** How the keychain is: a sentence, what it means, and how loud. */
export function keychainWords({ keychain, keychainName }: KeyPlaces): {
  tone: "ok" | "warn" | "plain";
  title: string;
  text: string;
  icon: ReactNode;
} {
  switch (keychain) {
    case "open":
      return {
        tone: "ok",
        title: "Keychain is open.",
        text: `Keys can be kept in ${keychainName}.`,
        icon: <Lock size={14} />,
      };
    case "unknown":
      return {
        tone: "plain",
        title: "Keychain was not asked yet.",
        text: `${keychainName} is asked as soon as a key is needed.`,
        icon: <Lock size={14} />,
      };
    case "locked":
      return {
        tone: "warn",
        title: "Keychain is locked.",
        text: "Keys in it cannot be used until it is unlocked.",
        icon: <Lock size={14} />,
      };
    case "waiting":
      return {
        tone: "warn",
        title: "Keychain has not answered yet.",
        text: "It may be showing a question of its own. Everything else goes on.",
        icon: <Hourglass size={14} />,
      };
    case "noCollection":
      return {
        tone: "warn",
        title: "Keychain has no keyring to put keys in.",
        text: `${keychainName} is there, but empty.`,
        icon: <CircleX size={14} />,
      };
    case "absent":
      return {
        tone: "warn",
        title: "There is no keychain here.",
        text: "No key is written in plain text instead.",
        icon: <CircleX size={14} />,
      };
    case "failed":
      return {
        tone: "warn",
        title: "Keychain failed.",
        text: `${keychainName} answered with an error.`,
        icon: <CircleX size={14} />,
      };
  }
}

/** `127.0.0.1:11434/v1`: an address as far as it tells anything. */
export const shortAddress = (url: string) => url.replace(/^https?:\/\//, "").replace(/\/$/, "");
