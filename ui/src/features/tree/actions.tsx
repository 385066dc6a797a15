/** What can be done with a node: by menu and by key. */
import {
  Bookmark,
  Columns2,
  Copy,
  FoldVertical,
  GitBranch,
  GitCompare,
  GitFork,
  Pencil,
  Trash2,
  UnfoldVertical,
} from "lucide-react";
import { useState } from "react";
import { copy } from "@/components/copy";
import type { MenuEntry } from "@/components/Menu";
import type { BranchId, ConversationId, DeletionCount, MessageId, TreeTip } from "@/ipc";
import { countBelow, fork, removeBelow, setBookmark, show, showBeside } from "./api";
import { Delete, Rename } from "./Dialogs";
import { at, has, headOf, idOf, NONE, nodeOf, pathTo, targetOf, type Tree } from "./model";
import { collapseOthers } from "./shown";
import { change, type View, type ViewKey } from "./store";
import { collapsedOf } from "./useScene";
import { wordsOf } from "./words";

export type Ways = {
  /** Shows a conversation's columns, and there the turn of a message. */
  onOpen: (conversation: ConversationId, message?: MessageId) => void;
  /** Shows two lines side by side. */
  onCompare: (conversation: ConversationId, left: Line, right: Line) => void;
};

/** A line by its last message; a branch that goes through it, if there is one. */
export type Line = { message: MessageId; branch: BranchId | null; name: string };

export type Actions = {
  open: (node: number) => void;
  openChosen: () => void;
  toggleChosen: (node: number) => void;
  fold: (node: number) => void;
  foldOthers: () => void;
  unfoldAll: () => void;
  hoist: (node: number) => void;
  leaveHoist: () => void;
  bookmark: (node: number) => void;
  fork: (node: number) => void;
  rename: (node: number) => void;
  remove: (node: number) => void;
  menu: (node: number) => MenuEntry[];
};

export function useActions(
  conversation: ConversationId,
  key: ViewKey,
  view: View,
  tree: Tree,
  { onOpen, onCompare }: Ways,
  /** Gives the keyboard back to the tree. */
  refocus: () => void,
): { actions: Actions; dialogs: React.ReactNode } {
  const [renaming, setRenaming] = useState<TreeTip | null>(null);
  const [removing, setRemoving] = useState<{ message: MessageId; count: DeletionCount } | null>(null);
  const ids = (nodes: Iterable<number>) => new Set([...nodes].map((node) => idOf(tree, node)));
  const only = view.only === null ? NONE : nodeOf(tree, view.only);

  const closed = (close: () => void) => () => {
    close();
    // After the dialog, which gives the focus to where it thinks that it came from.
    setTimeout(refocus);
  };

  const setCollapsed = (nodes: ReadonlySet<number>) => change(key, { collapsed: ids(nodes) });
  const actions: Actions = {
    open(node) {
      const message = idOf(tree, node);
      void show(message).then((shown) => shown && onOpen(conversation, message));
    },
    openChosen() {
      const chosen = [...view.selected].filter((message) => nodeOf(tree, message) !== NONE);
      if (chosen.length === 0) return;
      void showBeside(conversation, chosen).then((shown) => {
        if (!shown) return;
        change(key, { selected: new Set() });
        onOpen(conversation);
      });
    },
    toggleChosen(node) {
      const id = idOf(tree, node);
      const selected = new Set(view.selected);
      if (!selected.delete(id)) selected.add(id);
      change(key, { selected });
    },
    fold(node) {
      if (at(tree.weight, node) === 0) return;
      const folded = new Set(collapsedOf(tree, view.collapsed));
      if (!folded.delete(node)) folded.add(node);
      setCollapsed(folded);
    },
    foldOthers() {
      const tip = headOf(tree)?.tip ?? NONE;
      setCollapsed(collapseOthers(tree, new Set(tip < 0 ? [] : [tip])));
    },
    unfoldAll: () => change(key, { collapsed: new Set() }),
    hoist: (node) => change(key, { only: idOf(tree, node), active: idOf(tree, node) }),
    leaveHoist: () => change(key, { only: null }),
    bookmark: (node) => void setBookmark(idOf(tree, node), !has(tree, node, "bookmark")),
    fork: (node) => void fork(idOf(tree, node)).then((branch) => branch && onOpen(conversation)),
    rename(node) {
      const [branch] = branchesAt(tree, node);
      if (branch) setRenaming(branch);
    },
    remove(node) {
      const message = idOf(tree, node);
      void countBelow(message)
        .then((count) => setRemoving({ message, count }))
        .catch(() => setRemoving({ message, count: { ...none, messages: at(tree.weight, node) + 1 } }));
    },
    menu(node) {
      const folded = collapsedOf(tree, view.collapsed).has(node);
      const [branch] = branchesAt(tree, node);
      const head = headOf(tree)?.tip ?? NONE;
      const chosen = view.selected.size;
      return [
        {
          label: "Open this line",
          icon: <Columns2 size={14} />,
          keys: "Enter",
          run: () => actions.open(node),
        },
        {
          label: view.selected.has(idOf(tree, node)) ? "Do not select" : "Select",
          keys: "Space",
          run: () => actions.toggleChosen(node),
        },
        {
          label: chosen > 1 ? `Open ${chosen} as columns` : "Open as columns",
          keys: "Ctrl+Enter",
          disabled: chosen === 0,
          run: actions.openChosen,
        },
        {
          label: "Compare with the active line",
          icon: <GitCompare size={14} />,
          disabled: head === NONE || head === node,
          run: () => onCompare(conversation, lineOf(tree, head), lineOf(tree, node)),
        },
        "line",
        { label: "Fork here", icon: <GitFork size={14} />, run: () => actions.fork(node) },
        {
          label: branch ? `Rename branch ${branch.name}` : "Rename branch",
          icon: branch ? <Pencil size={14} /> : <GitBranch size={14} />,
          keys: "F2",
          disabled: !branch,
          run: () => actions.rename(node),
        },
        {
          label: has(tree, node, "bookmark") ? "Remove the bookmark" : "Bookmark",
          icon: <Bookmark size={14} />,
          keys: "B",
          run: () => actions.bookmark(node),
        },
        "line",
        {
          label: folded ? "Expand" : "Collapse",
          icon: folded ? <UnfoldVertical size={14} /> : <FoldVertical size={14} />,
          keys: "C",
          disabled: at(tree.weight, node) === 0,
          run: () => actions.fold(node),
        },
        { label: "Collapse all but the active path", keys: "Shift+C", run: actions.foldOthers },
        { label: "Expand all", keys: "E", run: actions.unfoldAll },
        only === node
          ? { label: "Show the whole tree", keys: "Escape", run: actions.leaveHoist }
          : {
              label: "Show only this subtree",
              keys: "H",
              disabled: at(tree.weight, node) === 0,
              run: () => actions.hoist(node),
            },
        "line",
        {
          label: "Copy the id",
          icon: <Copy size={14} />,
          run: () => void copy(idOf(tree, node), "Id copied"),
        },
        {
          label: "Delete from here on",
          icon: <Trash2 size={14} />,
          keys: "Delete",
          danger: true,
          run: () => actions.remove(node),
        },
      ];
    },
  };
  return {
    actions,
    dialogs: (
      <>
        {renaming && <Rename branch={renaming} onClose={closed(() => setRenaming(null))} />}
        {removing && (
          <Delete
            count={removing.count}
            onClose={closed(() => setRemoving(null))}
            onConfirm={() => removeBelow(removing.message)}
          />
        )}
      </>
    ),
  };
}

const none: DeletionCount = { messages: 0, branches: 0, bookmarks: 0, streaming: 0, alsoHere: 0, alsoIn: 0 };

/** Named ones first: it is their names that are seen. */
function branchesAt(tree: Tree, node: number): TreeTip[] {
  return tree.branches
    .filter(({ tip }) => tip === node)
    .sort((a, b) => Number(a.kind === "column") - Number(b.kind === "column"));
}

/** The active branch comes last: it is what others are compared with. */
function lineOf(tree: Tree, node: number): Line {
  const through = tree.branches
    .filter(({ tip }) => tip >= 0 && pathTo(tree, tip).includes(node))
    .sort((a, b) => Number(b.tip === node) - Number(a.tip === node) || Number(a.head) - Number(b.head));
  const name = targetOf(tree, node) ?? wordsOf(tree, node);
  return { message: idOf(tree, node), branch: through[0]?.id ?? null, name };
}
