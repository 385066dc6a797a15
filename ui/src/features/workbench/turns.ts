/**
 * A conversation's columns as turns. Columns are branches: each has its own path, and paths that share a beginning
 * share its nodes. A turn gathers what the paths have at one depth; what they share is in it once, but for the last
 * turn: a column that was forked there stands beside the one it was forked from, and both are asked next.
 */
import type { ColumnView, CompletionId, MessageView, Part, Target } from "@/ipc";
import type { Mark } from "./judging/judged";

/** Where an answer stands among those that its column could show, and how far its neighbours are. */
export type Sibling = {
  /** From 1. */
  number: number;
  count: number;
  /** Steps to the one before and the one after; `null` at the ends. */
  back: number | null;
  forward: number | null;
};

export type TurnAnswer = {
  /** Stays the same from turn to turn, and when an answer is asked again. */
  key: string;
  branch: ColumnView["branch"];
  /** `null`: this branch said something here that nobody has answered. */
  answer: MessageView | null;
  /** The prompt of this column alone, where it differs from the others'. */
  ownPrompt: string | null;
  target: Target;
  /** `null` where there is nothing to switch to. */
  sibling: Sibling | null;
  /** Which it is, where names are hidden or were until the vote. */
  letter?: string;
  /** Nothing may tell whose it is; `target` says the letter. */
  blind?: boolean;
  /** What the user voted. */
  mark?: Mark;
};

export type Turn = {
  /** Depth of its prompt. */
  depth: number;
  /** From 1. */
  number: number;
  prompt: string;
  promptRole: "user" | "system" | null;
  /** The message that asks; the first column's, where they differ. */
  promptMessage: MessageView | null;
  /** What was sent along with it. */
  attachments: readonly Part[];
  answers: TurnAnswer[];
  /** Names are hidden. */
  blind?: boolean;
  /** Not in the order of the columns. */
  shuffled?: boolean;
};

export function textOf(view: MessageView): string {
  return view.message.parts
    .map((part) => (part.type === "text" ? part.text : part.type === "toolResult" ? part.text : ""))
    .filter(Boolean)
    .join("\n\n");
}

type Piece = { column: ColumnView; prompt: MessageView | null; answer: MessageView | null };

export function turns(columns: readonly ColumnView[]): Turn[] {
  const byDepth = new Map<number, Piece[]>();
  const end = Math.max(...columns.map(({ messages }) => messages.at(-1)?.message.depth ?? 0), 0);
  for (const column of columns)
    for (const piece of piecesOf(column)) {
      const depth = piece.prompt?.message.depth ?? (piece.answer?.message.depth ?? 0) - 1;
      const there = byDepth.get(depth) ?? [];
      // A path that is shared is shown once, for the first column that has it, as far as it leads on.
      const same = there.some((other) =>
        piece.answer
          ? piece.answer.message.depth < end && other.answer?.message.id === piece.answer.message.id
          : other.prompt?.message.id === piece.prompt?.message.id,
      );
      if (!same) byDepth.set(depth, [...there, piece]);
    }
  return [...byDepth.keys()]
    .sort((a, b) => a - b)
    .map((depth, i, all) =>
      turnOf(depth, byDepth.get(depth) ?? [], (all[0] ?? 0) <= 0 ? i + 1 : Math.floor(depth / 2) + 1),
    );
}

/** A path cut before each prompt. */
function piecesOf(column: ColumnView): Piece[] {
  const pieces: Piece[] = [];
  for (const view of column.messages) {
    const last = pieces.at(-1);
    if (view.message.role === "assistant") {
      if (last && !last.answer) last.answer = view;
      else pieces.push({ column, prompt: null, answer: view });
    } else pieces.push({ column, prompt: view, answer: null });
  }
  return pieces;
}

function turnOf(depth: number, pieces: Piece[], number: number): Turn {
  const first = pieces.find((piece) => piece.prompt)?.prompt ?? null;
  const prompt = first ? textOf(first) : "";
  // Of a branch that stands at a shared prompt without an answer nothing is to be seen here, once others have answered.
  const answered = pieces.some((piece) => piece.answer);
  return {
    depth,
    number,
    prompt,
    promptMessage: first,
    attachments: first?.message.parts.filter((part) => part.type === "image" || part.type === "file") ?? [],
    promptRole: first ? (first.message.role === "system" ? "system" : "user") : null,
    answers: pieces
      .filter((piece) => piece.answer || !answered)
      .map(({ column, prompt: own, answer }) => {
        const ownText = own ? textOf(own) : prompt;
        return {
          key: column.branch.id,
          branch: column.branch,
          answer,
          ownPrompt: ownText === prompt ? null : ownText,
          target: answer?.completion?.requested ?? column.branch.target ?? "unknown",
          sibling: siblingOf(answer, pieces),
        };
      }),
  };
}

/** Answers that other columns show are not offered a second time. */
function siblingOf(answer: MessageView | null, pieces: readonly Piece[]): Sibling | null {
  if (!answer) return null;
  const elsewhere = new Set(
    pieces.flatMap(({ answer: other }) =>
      other && other.message.id !== answer.message.id && other.message.parentId === answer.message.parentId
        ? [other.sibling]
        : [],
    ),
  );
  const own = Array.from({ length: answer.siblings }, (_, i) => i).filter((i) => !elsewhere.has(i));
  const at = own.indexOf(answer.sibling);
  if (own.length < 2 || at < 0) return null;
  const steps = (to: number | undefined) => (to === undefined ? null : to - answer.sibling);
  return { number: at + 1, count: own.length, back: steps(own[at - 1]), forward: steps(own[at + 1]) };
}

/** The completions of a view that will not change any more. */
export function settled(columns: readonly ColumnView[]): CompletionId[] {
  return columns.flatMap((column) =>
    column.messages.flatMap(({ completion }) =>
      completion && completion.state.state !== "queued" && completion.state.state !== "streaming"
        ? [completion.id]
        : [],
    ),
  );
}
