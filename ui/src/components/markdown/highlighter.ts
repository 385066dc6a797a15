import { useEffect, useSyncExternalStore } from "react";
import type { Token } from "@/lib/markdown/tokens";

type Highlight = (code: string, lang: string) => Token[] | null;

let known: Highlight | undefined;
let asked = false;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The highlighter, once its grammars are there; code is shown plain until then. */
export function useHighlighter(wanted: boolean): Highlight | undefined {
  useEffect(() => {
    if (!wanted || asked) return;
    asked = true;
    import("@/lib/markdown/languages").then(
      ({ tokens }) => {
        known = tokens;
        for (const tell of listeners) tell();
      },
      () => (asked = false),
    );
  }, [wanted]);
  return useSyncExternalStore(subscribe, () => known);
}
