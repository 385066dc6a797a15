import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import {
  ipc,
  reason,
  type BranchId,
  type CompletionId,
  type ConversationId,
  type ConversationView,
  type MessageView,
  type StartRun,
  type StartedRun,
} from "@/ipc";
import { notify } from "@/components/toasts";
import { ledTo, leftAt, takeUp } from "./answer/keeping";
import { useLiveCount, watchRun } from "./live";
import { once } from "./once";
import type { TurnAnswer } from "./turns";

export function useConversation(id: ConversationId | null) {
  return useQuery({
    queryKey: ["conversation", id],
    queryFn: async () => {
      const view = await ipc().openConversation(id ?? "");
      view.liveRuns.forEach(watchRun);
      takeUp(view.columns);
      return view;
    },
    enabled: id !== null,
    // What was closed is read again when it is opened: it may be large.
    gcTime: 60_000,
  });
}

/** An answer that has ended is stored: what is shown of it comes from there now. */
export function useEndedAnswers(): void {
  const queries = useQueryClient();
  const live = useLiveCount();
  const before = useRef(live);
  useEffect(() => {
    if (live < before.current) {
      void queries.invalidateQueries({ queryKey: ["conversations"] });
      void queries.invalidateQueries({ queryKey: ["conversation"] });
    }
    before.current = live;
  }, [live, queries]);
}

export function useModels() {
  return useQuery({ queryKey: ["models"], queryFn: () => ipc().listModels() });
}

/** How an answer was asked, and by which decision; it is stored when it is asked. */
export function useDetails(completion: CompletionId | null, state: string) {
  return useQuery({
    queryKey: ["completion", completion, state],
    queryFn: () => ipc().completionDetails(completion ?? ""),
    enabled: completion !== null,
    gcTime: 30_000,
  });
}

export function useExchanges(completion: CompletionId | null) {
  return useQuery({
    queryKey: ["exchanges", completion],
    queryFn: () => ipc().exchanges(completion ?? ""),
    enabled: completion !== null,
    // Of an answer that is being written there is more at every look.
    gcTime: 0,
    staleTime: 0,
  });
}

/** Older messages of a column's path, as many as a page has. */
export function olderMessages(branch: string, beforeDepth: number, many = 40): Promise<MessageView[]> {
  return ipc().pathPage(branch, beforeDepth, many);
}

const LARGE_PAGE = 200;

/** All of them down to a depth. */
export async function messagesFrom(
  branch: string,
  depth: number,
  beforeDepth: number,
): Promise<MessageView[]> {
  let all: MessageView[] = [];
  for (let before = beforeDepth; before > depth;) {
    const page = await ipc().pathPage(branch, before, LARGE_PAGE);
    all = [...page, ...all];
    before = page[0]?.message.depth ?? 0;
  }
  return all;
}

function useAsking<T>(ask: (what: T) => Promise<StartedRun>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onSuccess: async (started) => {
      watchRun(started.run);
      await queries.invalidateQueries({ queryKey: ["conversation", started.conversation] });
    },
    onError: (error) => notify({ text: reason(error), tone: "danger" }),
  });
}

export const useStartRun = () => useAsking((request: StartRun) => ipc().startRun(request));
export const useRetry = () => useAskingOnce((completion: CompletionId) => ipc().retryCompletion(completion));
export const useContinue = () =>
  useAskingOnce((completion: CompletionId) => ipc().continueCompletion(completion));

function useAskingOnce(ask: (completion: CompletionId) => Promise<StartedRun>) {
  const { mutateAsync } = useAsking(ask);
  // What fails is told by the mutation.
  return useCallback(
    (completion: CompletionId) =>
      void once([completion], () => mutateAsync(completion)).catch(() => undefined),
    [mutateAsync],
  );
}

export function stop(completion: CompletionId): void {
  ipc()
    .stopCompletion(completion)
    .catch((error: unknown) => notify({ text: reason(error), tone: "danger" }));
}

/** Puts columns in another order, at once on the screen. */
export function arrange(queries: QueryClient, id: ConversationId, order: readonly BranchId[]): void {
  const key = ["conversation", id];
  queries.setQueryData<ConversationView>(
    key,
    (view) =>
      view && {
        ...view,
        columns: view.columns.toSorted((a, b) => order.indexOf(a.branch.id) - order.indexOf(b.branch.id)),
      },
  );
  ipc()
    .arrangeColumns(id, [...order])
    .catch((error: unknown) => {
      notify({ text: reason(error), tone: "danger" });
      void queries.invalidateQueries({ queryKey: key });
    });
}

/** Shows another answer to the same prompt in a column. */
export async function step({ branch, answer }: TurnAnswer, by: number): Promise<void> {
  if (!answer) return;
  try {
    ledTo(await ipc().stepSibling(branch.id, answer.message.id, by, leftAt(branch.id)));
  } catch (error) {
    notify({ text: reason(error), tone: "danger" });
  }
}

export async function rename(id: ConversationId, title: string): Promise<void> {
  try {
    await ipc().renameConversation(id, title);
  } catch (error) {
    notify({ text: reason(error), tone: "danger" });
  }
}
