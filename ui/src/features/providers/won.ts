/** Environment variables that win over a key that was kept in this session of the window. */
import { create } from "zustand";
import type { ProviderId, ProviderStatus } from "@/ipc";

const useWon = create<{ variables: Readonly<Record<ProviderId, string>> }>(() => ({ variables: {} }));

/** `variable`: the one that wins, as the engine said when it took the key. */
export function keptBeside(provider: ProviderId, variable: string | null): void {
  useWon.setState(({ variables }) => {
    const others = Object.entries(variables).filter(([id]) => id !== provider);
    return { variables: Object.fromEntries(variable === null ? others : [...others, [provider, variable]]) };
  });
}

/** The variable that wins over the key just kept for it, as long as it does. */
export function useWinner(provider: Pick<ProviderStatus, "id" | "keyPlace"> | undefined): string | null {
  const variable = useWon(({ variables }) => (provider ? variables[provider.id] : undefined));
  return provider?.keyPlace === "environment" ? (variable ?? null) : null;
}

/** What that means, and the way to the kept key. */
export const winnerWords = (variable: string): string =>
  `${variable} is set in the environment and wins: the key you kept is not used. Unset it and start Orchesity again, or keep the key for this session, which wins over both.`;
