/** The tree among the other features: what is opened from it is shown by the workbench. */
import { Suspense } from "react";
import { Skeleton } from "@/components/States";
import { useConversations } from "@/features/conversations";
import { leadTo, NamesHidden, openDialog } from "@/features/workbench";
import type { ConversationId, MessageId } from "@/ipc";
import { later } from "@/lib/later";
import { activeTab, openConversation, openTree, useTabs } from "./tabs";

const TreeTab = later(() => import("@/features/tree").then((module) => module.TreeTab));
const TreePanel = later(() => import("@/features/tree").then((module) => module.TreePanel));

/** Beside the tree, which stays as it is. */
const onOpen = (conversation: ConversationId, message?: MessageId) => {
  openConversation(conversation, true);
  if (message !== undefined) leadTo(conversation, message);
};

const onCompare: Parameters<typeof TreeTab>[0]["onCompare"] = (conversation, left, right) => {
  onOpen(conversation);
  if (left.branch !== null && right.branch !== null)
    openDialog({ kind: "compare", conversation, left: left.branch, right: right.branch });
  else {
    const sides = [left, right].map(({ message, name }) => ({ message, name }));
    openDialog({ kind: "diff", sides, left: left.message, right: right.message });
  }
};

export function TreeContent({ conversation }: { conversation: ConversationId }) {
  const { data } = useConversations("");
  const title = data?.find(({ id }) => id === conversation)?.title ?? "this conversation";
  return (
    <NamesHidden conversation={conversation} what="The tree" onVote={() => onOpen(conversation)}>
      <Suspense fallback={<Skeleton rows={10} label="Opening the tree" />}>
        <TreeTab conversation={conversation} title={title} onOpen={onOpen} onCompare={onCompare} />
      </Suspense>
    </NamesHidden>
  );
}

export function TreeBeside({ conversation }: { conversation: ConversationId }) {
  return (
    <NamesHidden conversation={conversation} what="The tree">
      <Suspense fallback={<Skeleton rows={8} label="Opening the tree" />}>
        <TreePanel
          conversation={conversation}
          onOpen={onOpen}
          onCompare={onCompare}
          onWhole={() => openTree(conversation)}
        />
      </Suspense>
    </NamesHidden>
  );
}

/** The tree of the conversation that is open. */
export function showTree(): void {
  const tab = activeTab(useTabs.getState());
  if (tab.kind === "conversation" || tab.kind === "tree") openTree(tab.conversation);
}
