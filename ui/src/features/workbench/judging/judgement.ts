/** What judges said, read again whenever the conversation changes: their keys begin with its own. */
import { useQuery } from "@tanstack/react-query";
import { ipc, type ConversationId, type Judgement, type Opinion, type Verdict } from "@/ipc";

export function useJudgements(conversation: ConversationId) {
  return useQuery({
    queryKey: ["conversation", conversation, "judgements"],
    queryFn: () => ipc().listJudgements(conversation),
  });
}

/** A verdict in words; `a` and `b` are the names of the answers. */
export function verdictWords(verdict: Verdict | null, a: string, b: string): string {
  switch (verdict) {
    case "a":
      return `${a} is better`;
    case "b":
      return `${b} is better`;
    case "tie":
      return "Neither is better";
    case "bothBad":
      return "Neither will do";
    case null:
      return "No verdict";
  }
}

/** Whether both orders came to the same, in words. */
export function agreementWords({ agreed, state }: Pick<Judgement, "agreed" | "state">): string {
  if (state !== "done") return "";
  if (agreed === null) return "only one order gave a verdict";
  return agreed ? "both orders agree" : "the orders disagree: the place decided, not the answer";
}

/** Which answer this call of the judge saw first. */
export const sawFirst = ({ swapped }: Opinion, a: string, b: string): string =>
  swapped ? `${b} first, then ${a}` : `${a} first, then ${b}`;
