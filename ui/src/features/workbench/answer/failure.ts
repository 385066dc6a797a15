/** A failed answer in words, with the one or two things to do about it. */
import type { ErrorKind, Failure } from "@/ipc";

export type WayOut = "retry" | "key" | "providers" | "model" | "new";

type Words = { title: string; ways: WayOut[] };

const words: Record<ErrorKind, Words> = {
  auth: { title: "The key was not accepted", ways: ["key", "retry"] },
  permission: { title: "The key may not do this", ways: ["key", "model"] },
  not_found: { title: "There is no such model", ways: ["model", "retry"] },
  bad_request: { title: "The provider refused the request", ways: ["model"] },
  context_length: { title: "The prompt is too long for this model", ways: ["model", "new"] },
  content_filter: { title: "The provider's filter stopped this", ways: ["model", "retry"] },
  rate_limited: { title: "Rate limit reached", ways: ["retry", "model"] },
  overloaded: { title: "The provider has no capacity now", ways: ["retry", "model"] },
  timeout: { title: "No answer in time", ways: ["retry", "model"] },
  network: { title: "The provider cannot be reached", ways: ["retry", "providers"] },
  cancelled: { title: "Stopped", ways: ["retry"] },
  budget: { title: "Your spending cap is reached", ways: ["model"] },
  quota: { title: "No credit left at the provider", ways: ["model", "retry"] },
  upstream: { title: "The provider failed", ways: ["retry", "model"] },
};

const unknownKind: Words = { title: "The call failed", ways: ["retry", "model"] };

export function failureWords(failure: Failure): Words {
  // The engine may be newer than this page.
  return (words as Partial<Record<string, Words>>)[failure.kind] ?? unknownKind;
}
