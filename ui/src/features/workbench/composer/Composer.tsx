import { Flag, Paperclip, SlidersHorizontal } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef } from "react";
import { IconButton } from "@/components/Button";
import type { ConversationId, ConversationView, Target } from "@/ipc";
import { soon } from "@/lib/later";
import { isRoute } from "@/lib/target";
import { useModels } from "../api";
import { askColumns, askedWith, MOST_TARGETS, setLineup, useLineup, useLineups, type Place } from "../lineup";
import { openParameters, useParameters } from "../parameters";
import { attach, takeBack, useFiles } from "./attachments";
import { columnNumbers, replaceTarget, takeUp } from "./columns";
import { isEmpty, sentParts } from "./draft";
import { changeDraft, draftOf, loadDraft, saveDrafts, useDraft, useDrafts } from "./drafts";
import { DropLayer } from "./DropLayer";
import { useEstimates } from "./estimates";
import { EstimateSum } from "./EstimateSum";
import { ComingFiles, Files } from "./Files";
import { Grip } from "./Grip";
import { Notes } from "./Notes";
import { differences } from "./params";
import { useComposerPreferences } from "./preferences";
import { holdBack } from "./queue";
import { QueueStrip } from "./QueueStrip";
import { SendButton } from "./SendButton";
import { useSending } from "./sending";
import { TargetChips } from "./TargetChips";
import { TargetPicker } from "./TargetPicker";
import { Variables } from "./Variables";
import { variablesIn } from "./variables";
import styles from "./Composer.module.css";

const PromptEditor = soon(() => import("./PromptEditor").then((module) => module.default));
const Parameters = lazy(() => import("./Parameters"));

/** The prompt can be shown, or cannot be had. */
export const promptReady = () => PromptEditor.load().catch(() => {});

type Props = {
  conversation: ConversationId | null;
  view: ConversationView | undefined;
  ready: boolean;
  onOpen: (conversation: ConversationId) => void;
  onProviders: (provider?: string) => void;
  onSent: () => void;
};

/** The next prompt, and whom it goes to. */
export function Composer({ conversation, view, ready, onOpen, onProviders, onSent }: Props) {
  const lineup = useLineup(view);
  const draft = useDraft(conversation);
  const draftProblem = useDrafts((s) => s.problem);
  const { sendWith, promptHeight } = useComposerPreferences();
  const newSystem = useLineups((s) => s.newSystem);
  const parametersOpen = useParameters((s) => s.open);
  const { data: models } = useModels();
  const { coming, refused } = useMine(conversation);
  const { send, places, answering, hold, setHold, busy } = useSending({
    conversation,
    view,
    lineup,
    ready,
    onOpen,
    onSent,
  });

  const picker = useRef<HTMLInputElement>(null);
  const targets = useRef<HTMLUListElement>(null);
  const { text, values, attached, queue, important = false } = draft;
  const names = useMemo(() => variablesIn(text), [text]);
  const empty = isEmpty(draft);

  useEffect(() => {
    void loadDraft(conversation);
    return saveDrafts;
  }, [conversation]);
  useQueueAfterStart(view);
  useOnlyInLineup(view, lineup);

  const onFiles = useCallback((files: Iterable<File>) => attach(conversation, files), [conversation]);
  const change = (places: readonly Place[]) =>
    (view || conversation === null) && setLineup(view ?? null, places);

  const columns = useMemo(() => askColumns(places, view), [places, view]);
  const { estimates, problem: estimateProblem } = useEstimates(
    empty || columns.length === 0 || !ready
      ? null
      : {
          conversation,
          parts: sentParts({ text, values, attached }),
          columns,
          ...(conversation === null && newSystem && { system: newSystem }),
        },
  );
  const whole = useMemo(
    () => lineup.map((place) => ({ ...place, ...askedWith(place, view) })),
    [lineup, view],
  );
  const { common, own } = useMemo(
    () => differences(whole.map(({ params, system }) => ({ params, system }))),
    [whole],
  );
  const numbers = useMemo(() => columnNumbers(lineup, view), [lineup, view]);

  return (
    // No <form>: WebKitGTK (2.50) keeps every form that ever was in a page, with all that is in it, until the page is
    // loaded anew, and each conversation that is looked at has a composer.
    <div role="form" className={styles.composer} aria-label="Composer">
      <Grip />
      <DropLayer onFiles={onFiles} />
      {conversation !== null && queue.length > 0 && <QueueStrip conversation={conversation} queue={queue} />}
      <div
        className={styles.box}
        style={promptHeight === null ? undefined : { "--least": `${promptHeight}px` }}
      >
        <Suspense fallback={<div className={styles.waiting} />}>
          <PromptEditor
            about={conversation ?? ""}
            current={() => draftOf(conversation).text}
            outside={draft.outside}
            hint={lineup.length > 1 ? "Ask all of them the same thing" : "Ask something"}
            sendWith={sendWith}
            onChange={(now) => changeDraft(conversation, () => ({ text: now }), true)}
            onSend={() => void send()}
            onFiles={onFiles}
          />
        </Suspense>
        <div className={styles.inside}>
          <ul className={styles.pieces} aria-label="Values and files">
            <Variables
              names={names}
              values={values}
              missing={hold?.why === "variables" ? hold.names : []}
              onChange={(name, value) =>
                changeDraft(conversation, (now) => ({ values: { ...now.values, [name]: value } }))
              }
              onSend={() => void send()}
            />
            <Files
              attached={attached}
              onRemove={(id) =>
                changeDraft(conversation, (now) => ({
                  attached: now.attached.filter((file) => file.id !== id),
                }))
              }
              onText={(id, asText) =>
                changeDraft(conversation, (now) => ({
                  attached: now.attached.map((file) => (file.id === id ? { ...file, asText } : file)),
                }))
              }
            />
            <ComingFiles coming={coming} onRemove={takeBack} />
            <li className={styles.tools}>
              <IconButton label="Attach files" onClick={() => picker.current?.click()}>
                <Paperclip size={16} />
              </IconButton>
              <IconButton label="System text and parameters" onClick={() => openParameters()}>
                <SlidersHorizontal size={16} />
              </IconButton>
              {(important || places.some(({ target }) => isRoute(target))) && (
                <IconButton
                  label="Important: routes try nothing with it"
                  aria-pressed={important}
                  className={styles.flag}
                  onClick={() => changeDraft(conversation, () => ({ important: !important }))}
                >
                  <Flag size={16} />
                </IconButton>
              )}
              {common.length > 0 && (
                <button type="button" className={styles.common} onClick={() => openParameters()}>
                  {common.map(({ label }) => label).join(" · ")}
                </button>
              )}
            </li>
          </ul>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            data-attach
            aria-label="Files to attach"
            onChange={(event) => {
              onFiles(Array.from(event.target.files ?? []));
              event.target.value = "";
            }}
          />
          <EstimateSum estimates={estimates} problem={estimateProblem} />
        </div>
      </div>
      <Notes
        refused={refused}
        hold={hold}
        text={text}
        values={values}
        attached={attached}
        estimates={estimates}
        models={models ?? []}
        draftProblem={draftProblem}
        coming={coming.length > 0}
        onSendAsWritten={() => {
          setHold(null);
          void send(true);
        }}
      />
      <div className={styles.line}>
        <ul className={styles.targets} aria-label="Targets" ref={targets}>
          <TargetChips
            lineup={lineup}
            numbers={numbers}
            places={places}
            estimates={estimates}
            badges={own}
            full={lineup.length >= MOST_TARGETS}
            onRemove={(at) => change(lineup.toSpliced(at, 1))}
            onTwice={(at) => {
              const twin = whole[at];
              if (twin) change(lineup.toSpliced(at + 1, 0, { ...twin, branch: null }));
            }}
            onReplace={(at, target) =>
              change(lineup.map((place, i) => (i === at ? { ...place, target } : place)))
            }
          />
          <li>
            <TargetPicker
              anchor={targets}
              lineup={lineup}
              whole={whole}
              onChange={(now) => change(takeUp(now, lineup, view))}
              onReplace={(branch, target: Target) => void replaceTarget(view, lineup, branch, target)}
              onProviders={onProviders}
            />
          </li>
          {lineup.length === 0 && <li className={styles.hint}>Choose one to eight models</li>}
        </ul>
        <SendButton
          lineup={lineup}
          numbers={numbers}
          places={places}
          answering={answering}
          disabled={busy || empty || lineup.length === 0}
          sendWith={sendWith}
          onSend={() => void send()}
        />
      </div>
      {parametersOpen && (
        <Suspense>
          <Parameters conversation={conversation} view={view} lineup={lineup} models={models ?? []} />
        </Suspense>
      )}
    </div>
  );
}

/** The files of this conversation that are on their way, or were refused. */
function useMine(conversation: ConversationId | null) {
  const files = useFiles();
  return useMemo(
    () => ({
      coming: files.coming.filter((file) => file.conversation === conversation),
      refused: files.refused.filter((file) => file.conversation === conversation),
    }),
    [files, conversation],
  );
}

const looked = new Set<ConversationId>();

/** Once a start and conversation: what waited when the app was closed is not sent unasked. */
function useQueueAfterStart(view: ConversationView | undefined): void {
  useEffect(() => {
    const id = view?.conversation.id;
    if (!view || !id || looked.has(id)) return;
    looked.add(id);
    void loadDraft(id).then(() => holdBack(view));
  }, [view]);
}

/** A column that alone is to be asked is part of the line-up, though it was left out before. */
function useOnlyInLineup(view: ConversationView | undefined, lineup: readonly Place[]): void {
  const only = useLineups((s) => s.only);
  const latest = useRef({ view, lineup });
  useEffect(() => {
    latest.current = { view, lineup };
  });
  // Only when it is asked for: it may be left out again afterwards.
  useEffect(() => {
    const { view, lineup } = latest.current;
    const branch = view?.columns.find((column) => column.branch.id === only)?.branch;
    if (view && branch && !lineup.some((place) => place.branch === branch.id))
      setLineup(view, [...lineup, { target: branch.target ?? branch.name, branch: branch.id }]);
  }, [only]);
}
