/** Whether a view of a whole conversation would tell names that are hidden until the vote. */
import { useMemo } from "react";
import type { ColumnView, ConversationId, Vote } from "@/ipc";
import { useConversation } from "../api";
import { turns } from "../turns";
import { useVotes } from "./acts";
import { judged } from "./judged";
import { useJudging } from "./store";

/** Whether any turn of these columns hides its names. Of turns that were not read yet, only shared ones hide none. */
export function hidesNames(
  columns: readonly ColumnView[],
  votes: readonly Vote[] | undefined,
  how: Parameters<typeof judged>[2],
): boolean {
  if (!how.blind) return false;
  const [first, ...others] = columns.map(({ messages }) => messages[0]?.message);
  const unread = [first, ...others].some((message) => (message?.depth ?? 0) > 0);
  if (unread && others.some((message) => message?.id !== first?.id)) return true;
  return judged(turns(columns), votes, how).some(({ blind }) => blind);
}

/** Until it is known that nothing is hidden, everything is. */
export function useHidesNames(conversation: ConversationId): boolean {
  const { blind, seen, casting } = useJudging();
  // Nothing is read for it while names are shown.
  const asked = blind ? conversation : null;
  const { data: view } = useConversation(asked);
  const { data: votes } = useVotes(asked);
  return useMemo(
    () => blind && (!view || hidesNames(view.columns, votes, { blind, seen, casting })),
    [blind, view, votes, seen, casting],
  );
}
