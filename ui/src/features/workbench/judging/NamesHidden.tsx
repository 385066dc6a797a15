import { EyeOff } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/Button";
import { EmptyState } from "@/components/States";
import type { ConversationId } from "@/ipc";
import { useHidesNames } from "./names";
import { toggleBlind } from "./store";

type Props = {
  conversation: ConversationId;
  /** What is covered, as a sentence begins with it. */
  what: string;
  /** Leads to where the vote is given. */
  onVote?: () => void;
  children: ReactNode;
};

/** Shows nothing of what would tell names, as long as the conversation hides some. */
export function NamesHidden({ conversation, what, onVote, children }: Props) {
  if (!useHidesNames(conversation)) return children;
  return (
    <EmptyState
      icon={<EyeOff size={20} />}
      title="Names are hidden until you vote"
      action={
        <>
          {onVote && (
            <Button small kind="primary" onClick={onVote}>
              Go to the vote
            </Button>
          )}
          <Button small onClick={toggleBlind}>
            Show the names
          </Button>
        </>
      }
    >
      {what} would tell them. It is shown here after the vote.
    </EmptyState>
  );
}
