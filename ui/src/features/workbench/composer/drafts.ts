/** Unsent prompts, one for each conversation and one for the conversation to come. They outlive the window. */
import { create } from "zustand";
import { ipc, reason, type ConversationId } from "@/ipc";
import { draftFrom, isEmpty, joined, keptParts, noDraft, type Draft } from "./draft";
import { variablesIn } from "./variables";

const NEW = "new";
const SAVE_AFTER_MS = 300;
const TELL_AFTER_MS = 150;
const AGAIN_MS = 3_000;

type Kept = Draft & {
  /** Changes that did not come from the editor: it takes these up. */
  outside: number;
};

type State = {
  drafts: Readonly<Record<string, Kept>>;
  /** Why drafts cannot be kept at the moment. */
  problem: string | null;
};

export const useDrafts = create<State>(() => ({ drafts: {}, problem: null }));

const empty: Kept = { ...noDraft, outside: 0 };
const keyOf = (conversation: ConversationId | null) => conversation ?? NEW;
const conversationOf = (key: string): ConversationId | null => (key === NEW ? null : key);

/** Where the store's copy stands: loaded at all, and as what it was last kept. */
const stored = new Map<string, { loading: Promise<void>; loaded: boolean; kept: string }>();
const timers = new Map<string, ReturnType<typeof setTimeout>>();

/** What was typed and is not told yet: to draw the composer for each key would hold up the next one. */
const typing = new Map<string, Kept>();
let telling: ReturnType<typeof setTimeout> | undefined;

export function draftOf(conversation: ConversationId | null): Kept {
  const key = keyOf(conversation);
  return typing.get(key) ?? useDrafts.getState().drafts[key] ?? empty;
}

export function useDraft(conversation: ConversationId | null): Kept {
  return useDrafts((s) => s.drafts[keyOf(conversation)]) ?? empty;
}

/** Brings a draft from the store, once. What was typed meanwhile stays, after it. */
export function loadDraft(conversation: ConversationId | null): Promise<void> {
  const key = keyOf(conversation);
  const known = stored.get(key);
  if (known) return known.loading;
  const loading = ipc()
    .loadDraft(conversation)
    .then(
      (parts) => {
        stored.set(key, { loading, loaded: true, kept: JSON.stringify(parts) });
        const loaded = draftFrom(parts);
        const typed = draftOf(conversation);
        if (!isEmpty(loaded) || loaded.queue.length > 0 || Object.keys(loaded.values).length > 0)
          put(key, { ...joined(loaded, typed), outside: typed.outside + 1 });
        else if (!isEmpty(typed)) soon(key);
      },
      (error: unknown) => {
        // Nothing is saved over what could not be read; it is tried again.
        useDrafts.setState({ problem: reason(error) });
        stored.delete(key);
        setTimeout(() => void loadDraft(conversation), AGAIN_MS);
      },
    );
  stored.set(key, { loading, loaded: false, kept: "" });
  return loading;
}

/** Changes a draft, and keeps it soon. `typed`: the change comes from the editor, which has it already. */
export function changeDraft(
  conversation: ConversationId | null,
  change: (draft: Draft) => Partial<Draft>,
  typed = false,
): void {
  const now = draftOf(conversation);
  const next = { ...now, ...change(now), outside: now.outside + (typed ? 0 : 1) };
  if (typed && looksAlike(now, next)) putSoon(keyOf(conversation), next);
  else put(keyOf(conversation), next);
}

/** Whether there is anything to send, and which values it needs, shows at once. */
function looksAlike(one: Draft, other: Draft): boolean {
  return isEmpty(one) === isEmpty(other) && String(variablesIn(one.text)) === String(variablesIn(other.text));
}

function put(key: string, draft: Kept): void {
  typing.delete(key);
  useDrafts.setState(({ drafts }) => ({ drafts: { ...drafts, [key]: draft } }));
  soon(key);
}

function putSoon(key: string, draft: Kept): void {
  typing.set(key, draft);
  telling ??= setTimeout(tell, TELL_AFTER_MS);
  soon(key);
}

function tell(): void {
  clearTimeout(telling);
  telling = undefined;
  if (typing.size === 0) return;
  const drafts = { ...useDrafts.getState().drafts, ...Object.fromEntries(typing) };
  typing.clear();
  useDrafts.setState({ drafts });
}

function soon(key: string): void {
  clearTimeout(timers.get(key));
  timers.set(
    key,
    setTimeout(() => save(key), SAVE_AFTER_MS),
  );
}

function save(key: string): void {
  clearTimeout(timers.get(key));
  timers.delete(key);
  const there = stored.get(key);
  // What has not been read yet is not written over: the load saves.
  if (!there?.loaded) return;
  const parts = keptParts(draftOf(conversationOf(key)));
  const now = JSON.stringify(parts);
  if (now === there.kept) return;
  const before = there.kept;
  there.kept = now;
  ipc()
    .saveDraft(conversationOf(key), parts)
    .then(
      () => useDrafts.getState().problem !== null && useDrafts.setState({ problem: null }),
      (error: unknown) => {
        if (there.kept === now) there.kept = before;
        useDrafts.setState({ problem: reason(error) });
        setTimeout(() => soon(key), AGAIN_MS);
      },
    );
}

/** Keeps at once what was going to be kept soon. */
export function saveDrafts(): void {
  for (const key of [...timers.keys()]) save(key);
}

/** What was typed was erased in the store: what it has now is what there is. */
export function freshDrafts(): void {
  for (const key of [...stored.keys()]) {
    clearTimeout(timers.get(key));
    timers.delete(key);
    stored.delete(key);
    const { outside } = draftOf(conversationOf(key));
    typing.delete(key);
    useDrafts.setState(({ drafts }) => ({
      drafts: { ...drafts, [key]: { ...empty, outside: outside + 1 } },
    }));
    void loadDraft(conversationOf(key));
  }
}

/** For tests: nothing is known any more. */
export function forgetDrafts(): void {
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
  stored.clear();
  clearTimeout(telling);
  telling = undefined;
  typing.clear();
  useDrafts.setState({ drafts: {}, problem: null });
}

// A window that is left, hidden or closed may not come back.
window.addEventListener("blur", saveDrafts);
window.addEventListener("pagehide", saveDrafts);
document.addEventListener("visibilitychange", saveDrafts);
