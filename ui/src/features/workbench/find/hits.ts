/** Where in a conversation's turns the words stand that are looked for: in what is known, drawn or not. */
import { blocks, noBlocks, type Blocks } from "@/lib/markdown/blocks";
import { leaves } from "@/lib/markdown/leaves";
import { isLive, type Answer } from "../answer/answer";
import { partId, promptId } from "../answer/reveal";
import { toolCode } from "../answer/toolCode";
import { isTerminal, type LivePart } from "../fold";
import type { Turn, TurnAnswer } from "../turns";
import { MOST, type Hit, type Place } from "./places";
import { countIn } from "./words";

/** Remembers what was read of texts that grow. */
export class Reader {
  private read = new Map<string, Blocks>();
  private stored = new WeakMap<object, Answer>();

  /** An answer that will not change any more is taken apart once. */
  answer(place: TurnAnswer, now: (place: TurnAnswer) => Answer): Answer {
    const known = place.answer && this.stored.get(place.answer);
    if (known) return known;
    const answer = now(place);
    if (place.answer && (!place.answer.completion || isTerminal(place.answer.completion.state)))
      this.stored.set(place.answer, answer);
    return answer;
  }

  markdown(id: string, text: LivePart["text"], finished: boolean): readonly string[] {
    const now = blocks(this.read.get(id) ?? noBlocks, text, finished);
    this.read.set(id, now);
    return [...now.done, ...now.tail].flatMap(({ node }) => leaves(node));
  }
}

/** In the order in which they are read: turn by turn, the prompt first, then column by column. */
export function hitsIn(
  turns: readonly Turn[],
  answerOf: (place: TurnAnswer) => Answer,
  wanted: RegExp,
  reader: Reader,
): Hit[] {
  const hits: Hit[] = [];
  const look = (place: Place, texts: readonly string[]) => {
    let nth = 0;
    for (const text of texts)
      for (let left = countIn(text, wanted); left > 0 && hits.length < MOST; left--)
        hits.push({ place, nth: nth++ });
  };
  for (const turn of turns) {
    const { depth } = turn;
    if (turn.promptRole) look({ depth, branch: null, part: null, folds: promptId(depth) }, [turn.prompt]);
    for (const each of turn.answers) {
      const branch = each.branch.id;
      if (each.ownPrompt !== null) look({ depth, branch, part: null, folds: "" }, [each.ownPrompt]);
      const answer = reader.answer(each, answerOf);
      answer.parts.forEach((part, i) => {
        const folds = partId(answer.completion ?? each.key, i);
        const live = isLive(answer) && i === answer.parts.length - 1;
        look({ depth, branch, part: i, folds }, texts(part, folds, live, reader));
      });
    }
  }
  return hits;
}

function texts(part: LivePart, id: string, live: boolean, reader: Reader): readonly string[] {
  switch (part.kind) {
    case "text":
    case "reasoning":
      return reader.markdown(id, part.text, !live);
    case "toolCall":
    case "toolResult":
      return [toolCode(part, live).code];
    case "media":
      return [];
  }
}
