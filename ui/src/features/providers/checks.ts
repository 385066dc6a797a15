/** What the tests of this window found; they are gone with it, the engine keeps only how the last one went. */
import { create } from "zustand";
import { ipc, reason, type ProviderCheck, type ProviderId } from "@/ipc";

/** A text is why the test itself could not be made. */
export type Check = { running: boolean; found: ProviderCheck | string | null };

const AT_ONCE = 4;

export const useChecks = create<{ checks: Readonly<Record<ProviderId, Check>> }>(() => ({ checks: {} }));

function put(id: ProviderId, check: Check): void {
  useChecks.setState(({ checks }) => ({ checks: { ...checks, [id]: check } }));
}

/** Asks one provider, step by step. What an earlier test found stays until this one has found something. */
export async function test(id: ProviderId): Promise<ProviderCheck | null> {
  const before = useChecks.getState().checks[id];
  if (before?.running) return null;
  put(id, { running: true, found: before?.found ?? null });
  try {
    const found = await ipc().testProvider(id);
    put(id, { running: false, found });
    return found;
  } catch (error) {
    put(id, { running: false, found: reason(error) });
    return null;
  }
}

/** What was found does not hold any more: the key or the address is another one. */
export function forgetCheck(id: ProviderId): void {
  useChecks.setState(({ checks }) => ({
    checks: Object.fromEntries(Object.entries(checks).filter(([other]) => other !== id)),
  }));
}

/** A few at a time, so that a slow one holds nobody up. */
export async function testAll(ids: readonly ProviderId[]): Promise<void> {
  const left = [...ids];
  const worker = async () => {
    for (let id = left.shift(); id; id = left.shift()) await test(id);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
