import type { Target } from "@/ipc";

/** A target in the pieces that a narrow column shows: the provider goes first, the tail stays. */
export function pieces(target: Target): { provider: string; model: string; tail: string } {
  const slash = target.indexOf("/");
  const rest = slash < 0 ? target : target.slice(slash + 1);
  const last = rest.lastIndexOf("/");
  const name = rest.slice(last + 1);
  const [, model = name, tail = ""] = /^(.*?)((?::|\?)[^:?]*)?$/.exec(name) ?? [];
  return { provider: target.slice(0, target.length - name.length), model, tail };
}

/** What a target is called where there is little room. */
export function shortName(target: Target): string {
  const { model, tail } = pieces(target);
  return model + tail;
}

/** Whether a policy chooses who answers: `auto`, `auto:<policy>`. */
export const isRoute = (target: Target): boolean => target === "auto" || target.startsWith("auto:");

/** The provider that a target asks; empty for an alias or a route. */
export function providerOf(target: Target): string {
  const slash = target.indexOf("/");
  return slash > 0 ? target.slice(0, slash) : "";
}
