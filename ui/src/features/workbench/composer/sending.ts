/** From the box to the engine: at once, or by way of the queue. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { ConversationId, ConversationView } from "@/ipc";
import { useStartRun } from "../api";
import { focusPrompt, openPicker } from "../focus";
import { useLive } from "../live";
import { askColumns, inScope, useLineups, type Place } from "../lineup";
import { useFiles } from "./attachments";
import { isEmpty, sentParts } from "./draft";
import { changeDraft, draftOf, loadDraft, saveDrafts, useDraft } from "./drafts";
import { keepRecent } from "./preferences";
import { enqueue, settleLineup, waitsBehind, writing } from "./queue";
import { unfilled } from "./variables";

type Args = {
  conversation: ConversationId | null;
  view: ConversationView | undefined;
  lineup: readonly Place[];
  ready: boolean;
  onOpen: (conversation: ConversationId) => void;
  onSent: () => void;
};

/** What keeps a prompt from going out; each has its own way out in the composer. */
export type Hold = { why: "variables"; names: readonly string[] } | { why: "files" } | null;

const sentAll = { text: "", attached: [], values: {}, important: false };

/** Conversations whose prompt the engine is being asked at this moment; keys come faster than pictures. */
const starting = new Set<ConversationId | null>();

export function useSending({ conversation, view, lineup, ready, onOpen, onSent }: Args) {
  const { mutateAsync: start, isPending } = useStartRun();
  const [hold, setHold] = useState<Hold>(null);
  const only = useLineups((s) => s.only);
  const places = useMemo(() => inScope(lineup, only), [lineup, only]);
  const answering = useAnswering(view, places);
  const { queue } = useDraft(conversation);
  const head = view?.conversation.head ?? null;
  const waits = answering || waitsBehind(queue, head, places);
  const here = useRef(false);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);

  const send = useCallback(
    async (asWritten = false) => {
      const draft = draftOf(conversation);
      if (starting.has(conversation) || !ready || isEmpty(draft)) return;
      if (places.length === 0) {
        openPicker();
        return;
      }
      const names = unfilled(draft.text, draft.values);
      if (useFiles.getState().coming.some((file) => file.conversation === conversation)) {
        setHold({ why: "files" });
        return;
      }
      if (names.length > 0 && !asWritten) {
        setHold({ why: "variables", names });
        setTimeout(() =>
          document.querySelector<HTMLElement>(`[data-variable="${CSS.escape(names[0] ?? "")}"]`)?.focus(),
        );
        return;
      }
      setHold(null);
      const targets = places.map(({ target }) => target);
      if (conversation && (answering || waitsBehind(draft.queue, head, places))) {
        enqueue(conversation, draft, places);
        changeDraft(conversation, () => sentAll);
        keepRecent(targets);
        focusPrompt();
        return;
      }
      const { newSystem } = useLineups.getState();
      starting.add(conversation);
      try {
        const started = await start({
          conversation,
          parts: sentParts(draft),
          columns: askColumns(places, view),
          ...(draft.important && { important: true }),
          ...(conversation === null && newSystem && { system: newSystem }),
        });
        // What was typed while the engine was asked is the next prompt, there.
        const now = draftOf(conversation);
        const rest = {
          ...sentAll,
          text: now.text.startsWith(draft.text) ? now.text.slice(draft.text.length) : now.text,
          attached: now.attached.filter(({ id }) => !draft.attached.some((file) => file.id === id)),
        };
        changeDraft(conversation, () => (conversation === null ? sentAll : rest));
        if (conversation === null && !isEmpty(rest)) {
          void loadDraft(started.conversation);
          changeDraft(started.conversation, () => rest);
        }
        saveDrafts();
        if (view) settleLineup(view, lineup, places, started.columns);
        keepRecent(targets);
        if (conversation === null) useLineups.setState({ newSystem: null });
        if (started.conversation !== conversation) onOpen(started.conversation);
        // Whoever has gone elsewhere meanwhile is left there.
        if (here.current) onSent();
      } catch {
        // Told by the mutation; the words stay in the box.
      } finally {
        starting.delete(conversation);
      }
    },
    [conversation, view, lineup, places, answering, head, ready, start, onOpen, onSent],
  );
  return { send, places, answering: waits, hold, setHold, busy: isPending || !ready };
}

/** Whether one of the columns that the prompt goes to is still being answered. */
export function useAnswering(view: ConversationView | undefined, places: readonly Place[]): boolean {
  return useLive(
    ({ answers }) =>
      view !== undefined && writing(view.columns, view.conversation.head, places, answers).length > 0,
  );
}
