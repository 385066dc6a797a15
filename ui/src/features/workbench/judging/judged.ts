/** Turns as the user's votes and blind mode make them: what is hidden, in which order, and what was voted. */
import type { Ballot, MessageId, Vote, VoteId } from "@/ipc";
import { shortName } from "@/lib/target";
import { hueNumberOf } from "@/lib/hues";
import type { Turn, TurnAnswer } from "../turns";

/** What the user thinks of an answer. */
export type Mark = {
  kind: "best" | "better" | "tie" | "bad";
  /** All that was said of it. */
  title: string;
  /** The vote that its ♥ stands for. */
  heart?: VoteId;
};

type Blind = {
  blind: boolean;
  seen: Readonly<Record<string, readonly string[]>>;
  casting: string | null;
};

const LETTERS = "ABCDEFGH";

export function answersOf(ballot: Ballot): MessageId[] {
  return ballot.kind === "pair" ? [ballot.a, ballot.b] : [ballot.best, ...ballot.others];
}

/** The same turn, whichever of its answers are shown. */
export function turnId({ promptMessage, depth, answers }: Turn): string {
  return promptMessage?.message.id ?? `${answers[0]?.branch.conversationId}:${depth}`;
}

/** What is voted on: other answers make it another vote. */
export function answersId({ answers }: Turn): string {
  return answers
    .map(({ answer, key }) => answer?.message.id ?? key)
    .sort()
    .join(" ");
}

/** The user's votes on what this turn shows. */
export function votesOn(turn: Turn, votes: readonly Vote[]): Vote[] {
  const ids = new Set(turn.answers.map(({ answer }) => answer?.message.id));
  return votes.filter(
    ({ by, ballot }) => by === "user" && answersOf(ballot).every((answer) => ids.has(answer)),
  );
}

/** Turns as they are shown. Those that nothing was voted on stay the very same. */
export function judged(turns: readonly Turn[], votes: readonly Vote[] | undefined, how: Blind): Turn[] {
  return turns.map((turn) => judgedTurn(turn, votes, how));
}

function judgedTurn(turn: Turn, votes: readonly Vote[] | undefined, { blind, seen, casting }: Blind): Turn {
  if (turn.answers.length < 2) return turn;
  const rounds = seen[turnId(turn)] ?? [];
  const round = rounds.indexOf(answersId(turn));
  const cast = votesOn(turn, votes ?? []);
  // As long as nobody knows what was voted, names are not shown.
  const hidden = blind && round < 0 && cast.length === 0;
  if (!hidden && round < 0 && cast.length === 0) return turn;
  const nth = round < 0 ? rounds.length : round;
  const shuffled = hidden || round >= 0 || casting === answersId(turn);
  const answers = (shuffled ? shuffle(turn, nth) : turn.answers).map((place, i): TurnAnswer => {
    const letter = LETTERS[i] ?? "";
    if (hidden) return { ...place, letter, blind: true, target: `Answer ${letter}` };
    const mark = markOf(place, turn, cast);
    return { ...place, ...(shuffled && { letter }), ...(mark && { mark }) };
  });
  return { ...turn, answers, ...(hidden && { blind: true }), ...(shuffled && { shuffled }) };
}

/** An order that stays the same until the vote, and that nobody can tell beforehand. */
function shuffle(turn: Turn, round: number): TurnAnswer[] {
  const weight = ({ branch }: TurnAnswer) => hash(`${branch.id} ${turnId(turn)} ${round}`);
  return turn.answers.toSorted((a, b) => weight(a) - weight(b));
}

/** FNV-1a, stirred: ids that differ in their last figures only lie far apart. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

const order = ["best", "better", "bad", "tie"] as const;

function markOf(place: TurnAnswer, turn: Turn, votes: readonly Vote[]): Mark | null {
  const id = place.answer?.message.id;
  const name = (message: MessageId) =>
    shortName(turn.answers.find(({ answer }) => answer?.message.id === message)?.target ?? "the other");
  const said = votes.flatMap(({ ballot, blind }): { kind: Mark["kind"]; words: string }[] => {
    const hiddenly = blind ? ", blind" : "";
    if (ballot.kind === "best")
      return ballot.best === id
        ? [{ kind: "best", words: `the best of ${ballot.others.length + 1}${hiddenly}` }]
        : [];
    if (id !== ballot.a && id !== ballot.b) return [];
    const other = name(id === ballot.a ? ballot.b : ballot.a);
    if (ballot.verdict === "tie") return [{ kind: "tie", words: `as good as ${other}${hiddenly}` }];
    if (ballot.verdict === "bothBad") return [{ kind: "bad", words: `bad, and so is ${other}${hiddenly}` }];
    return (ballot.verdict === "a") === (id === ballot.a)
      ? [{ kind: "better", words: `better than ${other}${hiddenly}` }]
      : [];
  });
  const kind = order.find((each) => said.some((one) => one.kind === each));
  if (!kind) return null;
  const heart = votes.find(
    ({ ballot }) =>
      (ballot.kind === "best" && ballot.best === id) ||
      (ballot.kind === "pair" && kind === "better" && turn.answers.length === 2),
  )?.id;
  const title = `You voted: ${said.map(({ words }) => words).join("; ")}`;
  return { kind, title, ...(heart !== undefined && { heart }) };
}

/** What stands for the model in colour, for `data-hue`: nothing, while it is hidden. */
export function hueOfAnswer({ blind, target }: Pick<TurnAnswer, "blind" | "target">): number | "none" {
  return blind ? "none" : hueNumberOf(target);
}
