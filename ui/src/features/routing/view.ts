/** What of the routes is looked at, what has been changed in policies and not saved, and the prompt that is tried. */
import { create } from "zustand";
import type { Ability, Policy } from "@/ipc";

export type Page = "policy" | "try" | "health" | "learned" | "faults";

export type Tried = { prompt: string; needs: readonly Ability[]; important: boolean };

type View = {
  page: Page;
  /** The policy that is looked at; `null` is the one that `auto` means. */
  policy: string | null;
  /** Policies as they would be saved, by name. */
  drafts: Readonly<Record<string, Policy>>;
  /** Of these, those that the settings do not have yet. */
  fresh: readonly string[];
  tried: Tried;
};

/** To begin with: what somebody might ask. */
const EXAMPLE =
  "Two tasks append to the same log file, and now and then a line is lost. Where is the race in this Rust code, and how would you test that it is gone?";

export const useView = create<View>(() => ({
  page: "policy",
  policy: null,
  drafts: {},
  fresh: [],
  tried: { prompt: EXAMPLE, needs: [], important: false },
}));

export const showPage = (page: Page) => useView.setState({ page });
export const showPolicy = (policy: string) => useView.setState({ page: "policy", policy });
export const setTried = (tried: Partial<Tried>) =>
  useView.setState((now) => ({ tried: { ...now.tried, ...tried } }));

const without = (drafts: View["drafts"], name: string): View["drafts"] =>
  Object.fromEntries(Object.entries(drafts).filter(([of]) => of !== name));

/** Keeps a change; one that leads back to what is saved is none. */
export function change(saved: Policy | undefined, next: Policy): void {
  useView.setState(({ drafts, fresh }) => {
    const rest = without(drafts, next.name);
    const same = saved && !fresh.includes(next.name) && changesOf(saved, next).length === 0;
    return { drafts: same ? rest : { ...rest, [next.name]: next } };
  });
}

/** Begins a policy that is not saved yet. */
export function begin(policy: Policy): void {
  useView.setState(({ drafts, fresh }) => ({
    page: "policy",
    policy: policy.name,
    drafts: { ...drafts, [policy.name]: policy },
    fresh: [...fresh.filter((name) => name !== policy.name), policy.name],
  }));
}

/** Forgets what was changed in a policy. */
export function discard(name: string): void {
  useView.setState(({ drafts, fresh, policy }) => {
    const rest = without(drafts, name);
    const gone = fresh.includes(name);
    return {
      drafts: rest,
      fresh: fresh.filter((one) => one !== name),
      policy: gone && policy === name ? null : policy,
    };
  });
}

/** Names of what differs; how a policy is called and where it comes from is no change. */
export function changesOf(before: Policy, after: Policy): readonly string[] {
  const flat = ({ weights, ...rest }: Policy): Record<string, unknown> => ({
    ...rest,
    ...Object.fromEntries(Object.entries(weights).map(([name, weight]) => [`weight ${name}`, weight])),
    name: "",
    builtIn: false,
  });
  const [a, b] = [flat(before), flat(after)];
  return Object.keys(b).filter((key) => JSON.stringify(a[key] ?? null) !== JSON.stringify(b[key] ?? null));
}

/** A name that nobody has: `mine`, `mine-2`, … */
export function freeName(wanted: string, taken: readonly string[]): string {
  const base = wanted.replace(/-\d+$/, "");
  for (let n = 2; ; n++) {
    const name = n === 2 && !taken.includes(wanted) ? wanted : `${base}-${n}`;
    if (!taken.includes(name)) return name;
  }
}
