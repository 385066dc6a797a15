import {
  ArrowLeft,
  ArrowRight,
  Bookmark,
  Braces,
  ChevronsRightLeft,
  Copy,
  Diff,
  Eye,
  FileText,
  GitFork,
  Maximize2,
  Merge,
  MessageSquarePlus,
  Minimize2,
  Pencil,
  Repeat2,
  Replace,
  RotateCw,
  Scale,
  SlidersHorizontal,
  Target as Aim,
  Trash2,
} from "lucide-react";
import type { MenuEntry } from "@/components/Menu";
import { copy } from "@/components/copy";
import { bookmark, editAnswer, fork, openDiff } from "../branching/acts";
import { openDialog } from "../branching/dialogs";
import { setAlone, toggleFolded } from "../columns";
import { openPicker } from "../focus";
import { openJudge, toggleBlindHere } from "../judging/acts";
import { askOnly, useLineups } from "../lineup";
import { openParameters } from "../parameters";
import type { TurnAnswer } from "../turns";
import { answerNow, answerText, isLive, type Answer, type Standing } from "./answer";
import type { ColumnActions } from "./AnswerColumn";

type Props = {
  answer: Standing;
  place: TurnAnswer;
  number: number;
  count: number;
  alone: boolean;
  actions: ColumnActions;
};

/** What can be done with a column. */
export function useColumnMenu({ answer, place, number, count, alone, actions }: Props): MenuEntry[] {
  const { branch } = place;
  const only = useLineups((s) => s.only === branch.id);
  const { completion, words } = answer;
  const asked = completion !== null;
  const again = asked && !isLive(answer);
  if (place.blind) return blindEntries({ answer, place, count, actions });
  return [
    {
      label: "Change the model",
      icon: <Replace size={14} />,
      run: () => openPicker({ replace: branch.id }),
    },
    {
      label: "Parameters",
      icon: <SlidersHorizontal size={14} />,
      run: () => openParameters(branch.id),
    },
    {
      label: only ? "Ask all columns again" : "Ask only this column",
      icon: <Aim size={14} />,
      run: () => askOnly(only ? null : branch.id),
    },
    "line",
    {
      label: "Move left",
      icon: <ArrowLeft size={14} />,
      keys: "Alt+Shift+ArrowLeft",
      disabled: number <= 1,
      run: () => actions.move(place, number - 2),
    },
    {
      label: "Move right",
      icon: <ArrowRight size={14} />,
      keys: "Alt+Shift+ArrowRight",
      disabled: number >= count,
      run: () => actions.move(place, number),
    },
    alone
      ? { label: "Show all columns", icon: <Minimize2 size={14} />, run: () => setAlone(null) }
      : {
          label: "Show alone",
          icon: <Maximize2 size={14} />,
          disabled: count < 2,
          run: () => setAlone(branch.id),
        },
    {
      label: "Fold",
      icon: <ChevronsRightLeft size={14} />,
      disabled: count < 2,
      run: () => toggleFolded(branch.id),
    },
    "line",
    {
      label: "Regenerate",
      icon: <RotateCw size={14} />,
      disabled: !again,
      run: () => completion && actions.retry(completion),
    },
    {
      label: "Regenerate with another model",
      icon: <Repeat2 size={14} />,
      disabled: !again,
      run: () => completion && actions.otherModel(completion),
    },
    "line",
    {
      label: "Copy as Markdown",
      icon: <Copy size={14} />,
      disabled: !words,
      run: () => void copy(answerText(answerNow(place).parts)),
    },
    {
      label: "Copy as plain text",
      icon: <FileText size={14} />,
      disabled: !words,
      run: () => void copyPlain(answerNow(place)),
    },
    {
      label: "Raw request and response",
      icon: <Braces size={14} />,
      disabled: !asked,
      run: () => completion && actions.raw(completion),
    },
    ...treeEntries({ answer, place, count, actions }),
  ];
}

/** What can be done with the answer as a part of the tree. */
function treeEntries({
  answer,
  place,
  count,
  actions,
}: Pick<Props, "answer" | "place" | "count" | "actions">) {
  const view = place.answer;
  const ended = view !== null && !isLive(answer);
  const id = view?.message.id ?? "";
  const entries: MenuEntry[] = [
    "line",
    {
      label: "Edit the answer",
      icon: <Pencil size={14} />,
      disabled: !ended || !answer.words,
      run: () => editAnswer(place),
    },
    {
      label: "Fork here",
      icon: <GitFork size={14} />,
      disabled: !ended,
      run: () => fork(id, place.branch.id, "alone"),
    },
    {
      label: "Fork here, beside the others",
      icon: <GitFork size={14} />,
      disabled: !ended,
      run: () => fork(id, place.branch.id, "beside"),
    },
    {
      label: "Go on in a new conversation",
      icon: <MessageSquarePlus size={14} />,
      disabled: !ended,
      run: () => actions.fork(id),
    },
    ...beside(place, ended && (count > 1 || (place.answer?.siblings ?? 0) > 1)),
    { label: "Bookmark", icon: <Bookmark size={14} />, disabled: !ended, run: () => bookmark(id, true) },
  ];
  if (view?.merge)
    entries.push({
      label: "What it was made of",
      icon: <Merge size={14} />,
      run: () => openDialog({ kind: "provenance", message: id }),
    });
  entries.push("line", {
    label: "Delete from here on",
    icon: <Trash2 size={14} />,
    danger: true,
    disabled: !ended,
    run: () => openDialog({ kind: "delete", what: { kind: "below", message: id } }),
  });
  return entries;
}

/** What is done with an answer and its neighbours. */
const beside = (place: TurnAnswer, possible: boolean): MenuEntry[] => [
  {
    label: "Compare with another answer",
    icon: <Diff size={14} />,
    disabled: !possible,
    run: () => void openDiff(place),
  },
  {
    label: "Which is better, and why",
    icon: <Scale size={14} />,
    disabled: !possible,
    run: () => void openJudge(place),
  },
];

/** What tells nobody whose answer it is. */
function blindEntries({
  answer,
  place,
  count,
  actions,
}: Pick<Props, "answer" | "place" | "count" | "actions">): MenuEntry[] {
  const { completion, words } = answer;
  const ended = completion !== null && !isLive(answer);
  return [
    {
      label: "Regenerate",
      icon: <RotateCw size={14} />,
      disabled: !ended,
      run: () => completion && actions.retry(completion),
    },
    {
      label: "Copy as Markdown",
      icon: <Copy size={14} />,
      disabled: !words,
      run: () => void copy(answerText(answerNow(place).parts)),
    },
    ...beside(place, ended && count > 1),
    "line",
    { label: "Show the names", icon: <Eye size={14} />, run: toggleBlindHere },
  ];
}

async function copyPlain({ parts }: Answer): Promise<void> {
  const { plainText } = await import("@/lib/markdown/plain");
  await copy(plainText(answerText(parts)));
}
