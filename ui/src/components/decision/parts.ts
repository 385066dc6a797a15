/** The parts of a score: in which order and colour they are drawn, and how much each gave. */
import type { Candidate, ScoreName } from "@/ipc";

export const partNames: readonly { name: ScoreName; label: string; colour: string }[] = [
  { name: "quality", label: "quality", colour: "var(--part-1)" },
  { name: "speed", label: "speed", colour: "var(--part-2)" },
  { name: "cost", label: "cost", colour: "var(--part-3)" },
  { name: "availability", label: "availability", colour: "var(--part-4)" },
  { name: "reliability", label: "reliability", colour: "var(--part-5)" },
  { name: "context", label: "context", colour: "var(--part-6)" },
  { name: "preference", label: "your votes", colour: "var(--part-7)" },
  { name: "expression", label: "expression", colour: "var(--part-1)" },
];

export const labelOf = (name: ScoreName): string =>
  partNames.find((part) => part.name === name)?.label ?? name;

export type Piece = { name: ScoreName; label: string; colour: string; amount: number };

/**
 * What each part gave to the score: value times share, times how often an answer comes whole, which is why the pieces
 * add up to the score and not to more. What votes take away is below zero.
 */
export function piecesOf({ score, parts = [] }: Candidate): readonly Piece[] {
  if (score === null) return [];
  const raw = partNames.flatMap(({ name, label, colour }) => {
    const part = parts.find((one) => one.name === name);
    const amount = (part?.value ?? 0) * (part?.weight ?? 0);
    return part && amount !== 0 ? [{ name, label, colour, amount }] : [];
  });
  const sum = raw.reduce((all, { amount }) => all + amount, 0);
  const scale = Math.abs(sum) > 1e-9 ? score / sum : 1;
  return raw.map((piece) => ({ ...piece, amount: piece.amount * scale }));
}

/** Those that are drawn anywhere, for the legend. */
export function usedParts(candidates: readonly Candidate[]): readonly (typeof partNames)[number][] {
  const used = new Set(candidates.flatMap(({ parts = [] }) => parts.map(({ name }) => name)));
  return partNames.filter(({ name }) => used.has(name));
}

/** How long a whole bar is: 1, or the best score where an expression goes beyond it. */
export const fullScale = (candidates: readonly Candidate[]): number =>
  Math.max(1, ...candidates.map(({ score }) => score ?? 0));

/** `easy`, `medium`, `hard`: a complexity in a word. */
export const complexityWord = (complexity: number): string =>
  complexity < 0.34 ? "easy" : complexity < 0.67 ? "medium" : "hard";
