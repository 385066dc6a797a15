import {
  ArrowLeft,
  ArrowRight,
  Braces,
  ChevronsRightLeft,
  Copy,
  FileText,
  Maximize2,
  Minimize2,
  Repeat2,
  Replace,
  RotateCw,
  SlidersHorizontal,
  Target as Aim,
} from "lucide-react";
import type { MenuEntry } from "@/components/Menu";
import { copy } from "@/components/copy";
import { setAlone, toggleFolded } from "../columns";
import { openPicker } from "../focus";
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
  ];
}

async function copyPlain({ parts }: Answer): Promise<void> {
  const { plainText } = await import("@/lib/markdown/plain");
  await copy(plainText(answerText(parts)));
}
