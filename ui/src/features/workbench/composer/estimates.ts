/** What the next prompt would come to, for each target, while it is being written. */
import { useEffect, useRef, useState } from "react";
import { ipc, reason, type Estimate, type StartRun } from "@/ipc";
import { usd } from "@/lib/figures";

const AFTER_MS = 300;

type Known = { estimates: readonly Estimate[]; problem: string | null };

const nothing: Known = { estimates: [], problem: null };

/** The last estimate stays until the next one is there, so that figures do not flicker. */
export function useEstimates(request: StartRun | null): Known {
  const [known, setKnown] = useState<Known>(nothing);
  const asked = useRef(0);
  const key = request && JSON.stringify(request);
  useEffect(() => {
    const mine = ++asked.current;
    if (key === null) {
      setKnown(nothing);
      return;
    }
    const timer = setTimeout(() => {
      ipc()
        .estimate(JSON.parse(key) as StartRun)
        .then(
          (estimates) => mine === asked.current && setKnown({ estimates, problem: null }),
          (error: unknown) => mine === asked.current && setKnown({ estimates: [], problem: reason(error) }),
        );
    }, AFTER_MS);
    return () => clearTimeout(timer);
  }, [key]);
  return known;
}

/** `≈ $0.031`, `free`, `unknown` */
export function estimatedCost({ cost }: Pick<Estimate, "cost">): string {
  if (cost === null) return "unknown";
  return Number(cost) === 0 ? "free" : `≈\u00a0${rough(cost)}`;
}

/** An estimate deserves no more than two digits. */
function rough(amount: string): string {
  const value = Number(amount);
  if (value >= 0.995) return `$${value.toFixed(2)}`;
  const digits = Math.min(9, Math.max(3, 1 - Math.floor(Math.log10(value))));
  return value < 0.000_01 ? usd(amount) : `$${value.toFixed(digits).replace(/(\.\d{3,}?)0+$/, "$1")}`;
}

/** What all of them come to: unknown ones are counted apart, since they are not free. */
export function total(estimates: readonly Estimate[]): string | null {
  if (estimates.length === 0) return null;
  const known = estimates.flatMap(({ cost }) => (cost === null ? [] : [Number(cost)]));
  const unknown = estimates.length - known.length;
  if (known.length === 0) return "cost unknown";
  const sum = known.reduce((a, b) => a + b, 0);
  const words = sum === 0 ? "free" : `≈\u00a0${rough(String(sum))}`;
  return unknown > 0 ? `${words} + ${unknown} unknown` : words;
}

/** Whether prompt and path are more than the target reads. */
export function tooLong({ input, contextWindow }: Estimate): boolean {
  return contextWindow !== null && input > contextWindow;
}
