import {
  Bookmark,
  ChevronLeft,
  ChevronRight,
  Copy,
  Diff,
  Ellipsis,
  GitFork,
  ListRestart,
  Merge,
  Pencil,
  Plus,
  RotateCcw,
  Scale,
  Square,
  Table2,
  Trash2,
} from "lucide-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { copy } from "@/components/copy";
import { Menu, type MenuEntry } from "@/components/Menu";
import { shortName } from "@/lib/target";
import { useStanding } from "./answer/answer";
import { Attachments } from "./answer/MediaView";
import { promptId, useFold } from "./answer/reveal";
import {
  askedWith,
  bookmark,
  editPrompt,
  fork,
  openDiff,
  openMerge,
  sidesOf,
  stepMessage,
} from "./branching/acts";
import { openDialog } from "./branching/dialogs";
import { comparable } from "./branching/versions";
import { openJudge } from "./judging/acts";
import { hueOfAnswer } from "./judging/judged";
import { addTarget, copyAllAnswers, regenerateAll, retryFailed, stopTurn } from "./turnActions";
import type { Turn, TurnAnswer } from "./turns";
import styles from "./Turn.module.css";

/** What was asked, and what can be done with all its answers. */
export function Prompt({ turn }: { turn: Turn }) {
  const [all, setAll] = useFold(promptId(turn.depth), () => false);
  const [long, setLong] = useState(false);
  const text = useRef<HTMLParagraphElement>(null);
  useLayoutEffect(() => {
    const box = text.current;
    if (box && !all) setLong(box.scrollHeight > box.clientHeight + 2);
  }, [turn.prompt, all]);
  return (
    <div className={styles.prompt} role="group" aria-label={`Prompt of turn ${turn.number}`}>
      <span className={styles.who}>{turn.promptRole === "system" ? "System" : "You"}</span>
      <div className={styles.said}>
        <p
          ref={text}
          className={styles.promptText}
          data-all={all || undefined}
          data-said
          dir="auto"
          tabIndex={all ? 0 : undefined}
        >
          {turn.prompt}
        </p>
        {turn.attachments.length > 0 && <Attachments parts={turn.attachments} />}
      </div>
      <div className={styles.promptActions}>
        {long && (
          <Button kind="ghost" small onClick={() => setAll(!all)} aria-expanded={all}>
            {all ? "Less" : "More"}
          </Button>
        )}
        <PromptVersions turn={turn} />
        {turn.promptMessage && (
          <IconButton label="Edit the prompt" onClick={() => editPrompt(turn)}>
            <Pencil size={14} />
          </IconButton>
        )}
        <IconButton label="Add a model to this turn" onClick={addTarget}>
          <Plus size={14} />
        </IconButton>
        <Menu
          align="end"
          trigger={
            <IconButton label="More for this turn">
              <Ellipsis size={14} />
            </IconButton>
          }
          entries={[
            { label: "Regenerate all", icon: <ListRestart size={14} />, run: regenerateAll },
            { label: "Retry what failed", icon: <RotateCcw size={14} />, run: retryFailed },
            { label: "Stop the answers of this turn", icon: <Square size={14} />, run: stopTurn },
            "line",
            { label: "Copy the prompt", icon: <Copy size={14} />, run: () => void copy(turn.prompt) },
            { label: "Copy all answers as a table", icon: <Table2 size={14} />, run: copyAllAnswers },
            ...treeEntries(turn),
          ]}
        />
      </div>
    </div>
  );
}

/** What can be done with a turn as a part of the tree. */
function treeEntries(turn: Turn): MenuEntry[] {
  const sides = sidesOf(turn);
  const two = sides.length > 1;
  const any = comparable(turn, sides);
  const prompt = turn.promptMessage?.message;
  const [first] = turn.answers;
  return [
    "line",
    { label: "Compare two answers", icon: <Diff size={14} />, disabled: !any, run: () => void openDiff() },
    {
      label: "Which is better, and why",
      icon: <Scale size={14} />,
      disabled: !any,
      run: () => void openJudge(),
    },
    {
      label: "Merge answers",
      icon: <Merge size={14} />,
      disabled: !two || turn.blind === true,
      run: openMerge,
    },
    ...(prompt && first
      ? ([
          "line",
          {
            label: "Fork at this prompt",
            icon: <GitFork size={14} />,
            run: () => fork(prompt.id, first.branch.id, "alone"),
          },
          {
            label: "Bookmark the prompt",
            icon: <Bookmark size={14} />,
            run: () => bookmark(prompt.id, true),
          },
          {
            label: "Delete from this prompt on",
            icon: <Trash2 size={14} />,
            danger: true,
            run: () => openDialog({ kind: "delete", what: { kind: "below", message: prompt.id } }),
          },
        ] satisfies MenuEntry[])
      : []),
  ];
}

/** Other versions of the prompt: each leads back to where its line was left. */
function PromptVersions({ turn }: { turn: Turn }) {
  const view = turn.promptMessage;
  const columns = view ? askedWith(turn, view.message.id) : [];
  if (!view || columns.length === 0 || view.siblings < 2) return null;
  const { id } = view.message;
  return (
    <span
      className={styles.versions}
      role="group"
      aria-label={`Prompt ${view.sibling + 1} of ${view.siblings}`}
    >
      <IconButton
        label="Previous version of the prompt"
        disabled={view.sibling === 0}
        onClick={() => stepMessage(columns, id, -1)}
      >
        <ChevronLeft size={14} />
      </IconButton>
      <span>
        {view.sibling + 1}/{view.siblings}
      </span>
      <IconButton
        label="Next version of the prompt"
        disabled={view.sibling + 1 >= view.siblings}
        onClick={() => stepMessage(columns, id, 1)}
      >
        <ChevronRight size={14} />
      </IconButton>
    </span>
  );
}

const ROW_PX = 32;

/** Turns that are not open, a line each; however many there are, only those that are seen exist. */
export function TurnRows({
  label,
  turns,
  atEnd,
  onOpen,
  onOlder,
}: {
  label: string;
  turns: readonly Turn[];
  /** What is near is at the end. */
  atEnd?: boolean;
  onOpen: (depth: number) => void;
  /** Asks for still earlier ones. */
  onOlder?: () => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: turns.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
    initialRect: { width: 800, height: 160 },
  });
  useEffect(() => {
    if (atEnd && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [atEnd, turns.length]);
  return (
    <div className={styles.rows} ref={box} role="group" aria-label={label}>
      {onOlder && (
        <button type="button" className={styles.older} onClick={onOlder}>
          Show earlier turns
        </button>
      )}
      <div className={styles.rowSpace} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const turn = turns[index];
          return (
            turn && (
              <div key={turn.depth} className={styles.rowPlace} style={{ top: start }}>
                <TurnRow turn={turn} onOpen={onOpen} />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

/** A turn that is not open, in one line. */
function TurnRow({ turn, onOpen }: { turn: Turn; onOpen: (depth: number) => void }) {
  return (
    <button type="button" className={styles.row} aria-expanded={false} onClick={() => onOpen(turn.depth)}>
      <ChevronRight size={12} />
      <span className="srOnly">Turn {turn.number}: </span>
      <span className={styles.rowText} dir="auto">
        {turn.prompt || "An answer without a prompt"}
      </span>
      <span className={styles.dots}>
        {turn.answers.map((place) => (
          <Dot key={place.key} place={place} />
        ))}
      </span>
    </button>
  );
}

function Dot({ place }: { place: TurnAnswer }) {
  const { state } = useStanding(place);
  return (
    <i
      className={styles.dot}
      data-hue={hueOfAnswer(place)}
      data-state={state.state}
      title={`${shortName(place.target)}: ${state.state}`}
    />
  );
}
