/** Other versions of the answers that a turn shows: they are compared and judged without being opened. */
import { tried } from "@/components/tried";
import { ipc, type MessageId, type MessageView } from "@/ipc";
import { shortName } from "@/lib/target";
import { answerText, storedAnswer } from "../answer/answer";
import { isTerminal } from "../fold";
import type { Turn } from "../turns";
import type { Side } from "./dialogs";

/** The latest of as many versions are offered. */
const MOST = 200;

/** Whether there may be something to compare: two answers, or two versions of one. */
export function comparable(turn: Turn, sides: readonly Side[]): boolean {
  return sides.length > 1 || (!turn.blind && turn.answers.some(({ answer }) => (answer?.siblings ?? 0) > 1));
}

/** These answers of a turn, and their other versions. While names are hidden, versions would tell them. */
export async function withVersions(turn: Turn, sides: readonly Side[]): Promise<readonly Side[]> {
  if (turn.blind) return sides;
  const prompts = new Map<MessageId | null, MessageId>();
  // Answers to one prompt are each other's siblings.
  for (const { answer } of turn.answers)
    if (answer && answer.siblings > 1) prompts.set(answer.message.parentId, answer.message.id);
  const lists = await tried(() =>
    Promise.all(
      [...prompts.values()].map(async (message) => {
        const ids = (await ipc().siblings(message)).map(({ id }) => id);
        return (await ipc().messages(ids.slice(-MOST))).flatMap((view) => sideOf(view, sides));
      }),
    ),
  );
  return numbered(sides, lists ?? []);
}

function sideOf(view: MessageView, sides: readonly Side[]): Side[] {
  const shown = sides.find(({ message }) => message === view.message.id);
  const { words, state, parts } = storedAnswer(view);
  if (view.message.role !== "assistant" || !words || !isTerminal(state)) return shown ? [shown] : [];
  const name = shown?.name ?? view.completion?.requested ?? "written by hand";
  return [{ message: view.message.id, name, text: answerText(parts) }];
}

/**
 * What is shown, each with its versions beside it, then what other models said. `lists`: all answers to a prompt, the
 * oldest first. Versions by one name carry numbers.
 */
export function numbered(shown: readonly Side[], lists: readonly (readonly Side[])[]): Side[] {
  const groups = lists.flatMap((list) => {
    const names = [...new Set(list.map(({ name }) => name))];
    return names.map((name) => {
      const versions = list.filter((side) => side.name === name);
      if (versions.length < 2) return versions;
      return versions.map((side, i) => ({
        ...side,
        label: `${shortName(name)} ${i + 1}/${versions.length}`,
      }));
    });
  });
  const first = shown.flatMap((side) => groups.find((group) => has(group, side)) ?? [side]);
  const all = [...first, ...groups.flat()];
  return all.filter(({ message }, i) => all.findIndex((side) => side.message === message) === i);
}

const has = (group: readonly Side[], { message }: Side) => group.some((side) => side.message === message);

/** The two that a dialog begins with: one and its neighbour among what is shown, else its version before. */
export function pairFrom(
  all: readonly Side[],
  shown: readonly Side[],
  wanted: MessageId | undefined,
): readonly [MessageId, MessageId] | null {
  const one = (all.find(({ message }) => message === wanted) ?? shown[0] ?? all[0])?.message;
  if (one === undefined) return null;
  const neighbour = shown.find(({ message }) => message !== one)?.message;
  if (neighbour !== undefined) return [one, neighbour];
  const at = all.findIndex(({ message }) => message === one);
  const other = (all[at - 1] ?? all[at + 1])?.message;
  return other === undefined ? null : [one, other];
}

/** What a side is called where one is chosen. */
export const labelOf = ({ label, name }: Side): string => label ?? shortName(name);
