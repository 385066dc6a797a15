/** Somebody comes from elsewhere to words in a message: its turn is opened, and the words are gone to. */
import { useEffect, useRef } from "react";
import { create } from "zustand";
import type { BranchId, ColumnView, ConversationId, MessageId } from "@/ipc";
import type { Turn } from "../turns";
import { useFind } from "./find";

export type Landing = {
  conversation: ConversationId;
  message: MessageId;
  depth: number;
  /** The column that has it, or will have it soon. */
  branch: BranchId;
  words: string;
};

/** What has not come by then is not waited for, ms. */
const PATIENCE_MS = 15_000;

const useLanding = create<{ at: Landing | null; until: number }>(() => ({ at: null, until: 0 }));

export function landOn(at: Landing): void {
  useLanding.setState({ at, until: performance.now() + PATIENCE_MS });
}

/** `readTo` loads the turns from this depth on. */
export function useLandings(
  conversation: ConversationId | null,
  columns: readonly ColumnView[],
  turns: readonly Turn[],
  readTo: (depth: number) => Promise<void>,
  choose: (depth: number) => void,
): void {
  const { at, until } = useLanding();
  const reading = useRef<Landing | null>(null);
  useEffect(() => {
    if (!at || at.conversation !== conversation) return;
    if (performance.now() > until) return useLanding.setState({ at: null });
    const column =
      columns.find(({ branch, messages }) => branch.id === at.branch && has(messages, at)) ??
      columns.find(({ messages }) => has(messages, at));
    if (!column) {
      const own = columns.find(({ branch }) => branch.id === at.branch);
      const earlier = own && (own.messages[0]?.message.depth ?? 0) > at.depth;
      if (!earlier || reading.current === at) return;
      reading.current = at;
      // Why it failed is told by whoever reads.
      readTo(at.depth).catch(() => useLanding.setState({ at: null }));
      return;
    }
    const turn = turns.findLast(({ depth }) => depth <= at.depth);
    if (!turn) return;
    const answer = turn.answers.find((each) => each.answer?.message.id === at.message);
    useLanding.setState({ at: null });
    choose(turn.depth);
    useFind.setState(({ asked }) => ({
      open: true,
      query: at.words,
      matchCase: false,
      asked: asked + 1,
      land: { depth: turn.depth, branch: answer?.branch.id ?? null },
    }));
  }, [at, until, conversation, columns, turns, readTo, choose]);
}

const has = (messages: ColumnView["messages"], { message }: Landing): boolean =>
  messages.some((view) => view.message.id === message);
