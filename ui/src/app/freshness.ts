/** Durable data is asked for again when the engine says that it changed, here or in another process. */
import { QueryClient } from "@tanstack/react-query";
import { freshDrafts } from "@/features/workbench";
import { ipc } from "@/ipc";

export const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: Infinity, retry: 1, refetchOnWindowFocus: false, networkMode: "always" },
    mutations: { networkMode: "always" },
  },
});

/** What nobody shows any more may be what could not be shown: it is read anew. */
export function readAgain(): void {
  queries.removeQueries({ type: "inactive" });
}

/** Tags are `conversations`, `conversation:<id>`, `conversation:*`, `drafts`, …; `*` alone is everything. */
export function followChanges(): void {
  void ipc()
    .watchChanges(({ tags }) => {
      for (const tag of tags) {
        const [kind = "", id] = tag.split(":");
        if (kind === "drafts") freshDrafts();
        else if (kind === "*") void queries.invalidateQueries();
        else void queries.invalidateQueries({ queryKey: id && id !== "*" ? [kind, id] : [kind] });
      }
    })
    .catch(() => setTimeout(followChanges, 1_000));
}
