import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { useOutside } from "@/components/markdown/outside";
import { ErrorState, Skeleton } from "@/components/States";
import { notify } from "@/components/toasts";
import {
  reason,
  type CompletionId,
  type ColumnView,
  type ConversationId,
  type MessageId,
  type MessageView,
} from "@/ipc";
import type { ColumnActions } from "./answer/AnswerColumn";
import { offerFocus } from "./answer/focused";
import {
  arrange,
  messagesFrom,
  olderMessages,
  step,
  useContinue,
  useConversation,
  useEndedAnswers,
  useRetry,
} from "./api";
import { forkConversation } from "./branching/acts";
import { useDialogs } from "./branching/dialogs";
import { Composer } from "./composer/Composer";
import { focusPrompt, openPicker, showColumn } from "./focus";
import { closeFind, useFind } from "./find/find";
import { useVotes } from "./judging/acts";
import { judged, turnId } from "./judging/judged";
import { arranged, useJudging } from "./judging/store";
import { stopLeading, useLed } from "./led";
import { isTerminal } from "./fold";
import { useLandings } from "./find/landing";
import { settle, useLive } from "./live";
import { moved, setAlone, useColumns, type Room } from "./columns";
import { Columns, FindBar, Header, Prompt, TurnRows, VoteBar } from "./opened";
import { showTurn } from "./shown";
import { pickOther } from "./turnActions";
import { settled, turns, type Turn, type TurnAnswer } from "./turns";
import styles from "./Workbench.module.css";

const TreeDialogs = lazy(() => import("./branching/Dialogs"));
const RawDialog = lazy(() => import("./RawDialog"));
const Outside = lazy(() =>
  import("@/components/markdown/Outside").then(({ Outside: Component }) => ({ default: Component })),
);

type Props = {
  conversation: ConversationId | null;
  onOpen: (conversation: ConversationId | null) => void;
  /** Leads to the providers, to this one when it is named. */
  onProviders: (provider?: string) => void;
  /** What could be folded to give the columns more room. */
  room: Room | null;
  /** What stands here before anything was asked. */
  welcome: ReactNode;
};

/** One conversation: its turns, one of them open as columns, and the box for the next prompt. */
export function Workbench({ conversation, onOpen, onProviders, room, welcome }: Props) {
  const { data: view, error, isPending, refetch } = useConversation(conversation);
  useEndedAnswers();
  const queries = useQueryClient();
  const asks = useOutside((outside) => outside.question !== null);
  const [older, setOlder] = useState<Record<string, MessageView[]>>({});
  const branching = useDialogs((dialogs) => dialogs.open !== null);
  const [raw, setRaw] = useState<CompletionId | null>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const retry = useRetry();
  const goOn = useContinue();

  const columns = useMemo(
    () =>
      (view?.columns ?? []).map((column) => ({
        ...column,
        messages: joined(older[column.branch.id] ?? [], column.messages),
      })),
    [view, older],
  );
  const { data: votes } = useVotes(conversation);
  const { blind, seen, casting, bar } = useJudging();
  const plain = useMemo(() => turns(columns), [columns]);
  const all = useMemo(
    () => judged(plain, votes, { blind, seen, casting }),
    [plain, votes, blind, seen, casting],
  );
  useEffect(() => settle(settled(columns)), [columns]);

  // The last turn is open until another one is chosen; a new one is what its asker wants to see.
  const last = all.at(-1);
  const lastDepth = last?.depth ?? -1;
  const asking =
    last?.answers.some(({ answer }) => answer?.completion && !isTerminal(answer.completion.state)) ?? false;
  const shownLast = useRef(lastDepth);
  useEffect(() => {
    if (shownLast.current !== lastDepth) {
      setChosen(null);
      if (asking) stopLeading();
    }
    shownLast.current = lastDepth;
  }, [lastDepth, asking]);
  const led = useLed((s) => (s.conversation === conversation ? s.message : null));
  const ledTurn = useMemo(() => turnOf(led, columns, all), [led, columns, all]);
  const open = ledTurn ?? all.find((turn) => turn.depth === chosen) ?? last;
  const at = open ? all.indexOf(open) : -1;
  const before = all.slice(0, Math.max(at, 0));
  const after = all.slice(at + 1);

  const more = columns.filter((column) => (column.messages[0]?.message.depth ?? 0) > 0);
  const readBefore = async (read: (branch: string, before: number) => Promise<MessageView[]>) => {
    const pages = await Promise.all(
      more.map(
        async (column) =>
          [column.branch.id, await read(column.branch.id, column.messages[0]?.message.depth ?? 0)] as const,
      ),
    );
    setOlder((known) => ({
      ...known,
      ...Object.fromEntries(pages.map(([branch, page]) => [branch, joined(page, known[branch] ?? [])])),
    }));
  };
  const unread = (problem: unknown) =>
    notify({ text: `Earlier turns cannot be read: ${reason(problem)}`, tone: "danger" });
  const readTo = async (depth: number) => {
    await readBefore((branch, before) => messagesFrom(branch, depth, before)).catch((problem: unknown) => {
      unread(problem);
      throw problem;
    });
  };

  const readOlder = more.length > 0 ? () => void readBefore(olderMessages).catch(unread) : undefined;

  const readFar = useRef(readBefore);
  useEffect(() => {
    readFar.current = readBefore;
  });
  const missing = led !== null && !ledTurn && more.length > 0;
  useEffect(() => {
    if (!missing) return;
    // What leads somewhere changes the columns too: they are waited for before more is read.
    const timer = setTimeout(
      () => void readFar.current((branch, before) => olderMessages(branch, before, FAR)).catch(stopLeading),
      SETTLED_MS,
    );
    return () => clearTimeout(timer);
  }, [missing, older, view]);
  const ledPlace =
    led === null ? undefined : ledTurn?.answers.find(({ answer }) => answer?.message.id === led);
  const ledBranch = ledPlace?.branch.id;
  useEffect(() => {
    if (!led || !ledBranch) return;
    const { alone } = useColumns.getState();
    if (alone !== null && alone !== ledBranch) setAlone(null);
    const timer = setTimeout(() => showColumn(ledBranch));
    return () => clearTimeout(timer);
  }, [led, ledBranch]);

  // The column at `to` gives way; columns that this turn does not show stay where they are among the others.
  const places = useRef<{ order: readonly string[]; shown: readonly string[]; turn: Turn | null }>({
    order: [],
    shown: [],
    turn: null,
  });
  useEffect(() => {
    places.current = {
      order: columns.map(({ branch }) => branch.id),
      shown: (open?.answers ?? []).map(({ branch }) => branch.id),
      turn: open ?? null,
    };
  }, [columns, open]);
  const move = useCallback(
    (place: TurnAnswer, to: number) => {
      const { order, shown, turn } = places.current;
      if (turn?.blind) return;
      if (turn?.shuffled) arranged(turnId(turn));
      const by = shown[to];
      const from = order.indexOf(place.branch.id);
      if (conversation === null || by === undefined || from < 0) return;
      arrange(queries, conversation, moved(order, from, order.indexOf(by)));
    },
    [conversation, queries],
  );
  const actions: ColumnActions = useMemo(
    () => ({
      conversation,
      retry,
      goOn,
      raw: setRaw,
      otherModel: pickOther,
      fork: (message) => void forkConversation(message).then((id) => id !== undefined && onOpen(id)),
      leave: (way, target, completion) => {
        if (way === "key" || way === "providers") onProviders(target.split("/")[0]);
        else if (way === "new") onOpen(null);
        else if (completion !== null) pickOther(completion);
        else openPicker();
      },
      step: (place, by) => void step(place, by),
      move,
    }),
    [conversation, retry, goOn, onProviders, onOpen, move],
  );
  useEffect(() => {
    offerFocus(open?.answers ?? []);
    showTurn({ turn: open ?? null, move });
    return () => showTurn(null);
  }, [open, move]);
  const choose = useCallback((depth: number) => {
    stopLeading();
    setChosen(depth);
  }, []);
  useLandings(conversation, columns, all, readTo, choose);
  const stage = useRef<HTMLDivElement>(null);
  const finding = useFind((find) => find.open);
  useEffect(() => closeFind, []);

  return (
    <main className={styles.workbench} aria-label="Workbench">
      {view && <Header view={view} turns={all} at={at} onTurn={choose} />}
      {!view && conversation !== null && <div className={styles.bar} />}
      {finding && open && (
        <FindBar turns={all} open={open} onTurn={choose} onOlder={readOlder} stage={stage} />
      )}
      <RunProblems />
      {conversation === null ? (
        <div className={styles.welcome}>{welcome}</div>
      ) : error ? (
        <ErrorState
          title="The conversation cannot be read"
          why={reason(error)}
          onRetry={() => void refetch()}
        />
      ) : isPending ? (
        <div className={styles.fill}>
          <Skeleton rows={10} label="Opening the conversation" />
        </div>
      ) : (
        <>
          {(before.length > 0 || more.length > 0) && (
            <TurnRows label="Earlier turns" turns={before} atEnd onOpen={choose} onOlder={readOlder} />
          )}
          {open ? (
            <>
              <div className={styles.stage} ref={stage}>
                {open.promptRole && <Prompt key={open.depth} turn={open} />}
                <Columns conversation={conversation} turn={open} actions={actions} room={room} />
                {(blind || bar) && open.answers.length > 1 && <VoteBar turn={open} votes={votes ?? []} />}
              </div>
            </>
          ) : (
            <div className={styles.fill}>
              <p className={styles.empty}>Nothing was said here yet.</p>
            </div>
          )}
          {after.length > 0 && <TurnRows label="Later turns" turns={after} onOpen={choose} />}
        </>
      )}
      <Composer
        key={conversation ?? "new"}
        conversation={conversation}
        view={view}
        ready={conversation === null || view !== undefined}
        onOpen={onOpen}
        onProviders={onProviders}
        onSent={() => {
          stopLeading();
          setChosen(null);
          focusPrompt();
        }}
      />
      {branching && (
        <Suspense>
          <TreeDialogs />
        </Suspense>
      )}
      {raw !== null && (
        <Suspense>
          <RawDialog completion={raw} onClose={() => setRaw(null)} />
        </Suspense>
      )}
      {asks && (
        <Suspense>
          <Outside />
        </Suspense>
      )}
    </main>
  );
}

/** More at once, on the way to a message far up. */
const FAR = 400;
const SETTLED_MS = 250;

/** The turn that has this message. */
function turnOf(
  id: MessageId | null,
  columns: readonly ColumnView[],
  all: readonly Turn[],
): Turn | undefined {
  if (id === null) return undefined;
  const found = columns.flatMap(({ messages }) => messages).find(({ message }) => message.id === id);
  return found && all.findLast(({ depth }) => depth <= found.message.depth);
}

/** Two pages of one path, without what both have. */
function joined(earlier: readonly MessageView[], later: readonly MessageView[]): MessageView[] {
  const first = later[0]?.message.depth ?? Infinity;
  return [...earlier.filter(({ message }) => message.depth < first), ...later];
}

function RunProblems() {
  const problems = useLive((live) => live.problems);
  const [first] = Object.values(problems);
  return first ? (
    <p className={styles.problem} role="alert">
      Answers cannot be followed at the moment: {first}. They go on in the engine; trying again.
    </p>
  ) : null;
}
