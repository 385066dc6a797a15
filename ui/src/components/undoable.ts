/** What is done to branches in more than one place, each with its way back. */
import { ipc, type BranchId, type ColumnOf, type ConversationId } from "@/ipc";
import { notify } from "./toasts";
import { tried } from "./tried";

/** A name that was given; the one before can be had back. */
export async function rename(branch: BranchId, before: string, name: string): Promise<void> {
  await ipc().renameBranch(branch, name);
  notify({
    text: `Renamed to ${name}`,
    action: { label: "Undo", run: () => void tried(() => ipc().renameBranch(branch, before)) },
  });
}

/** Other columns than before, which can be had back. */
export async function showColumns(id: ConversationId, columns: ColumnOf[]): Promise<BranchId[]> {
  const before = (await ipc().listBranches(id)).filter(({ branch }) => branch.shown);
  const places = before.map(({ branch }): ColumnOf => ({ kind: "branch", id: branch.id }));
  const shown = await ipc().showColumns(id, columns);
  notify({
    text: columns.length === 1 ? "One column is shown" : `${columns.length} columns are shown`,
    action: { label: "Undo", run: () => void tried(() => ipc().showColumns(id, places)) },
  });
  return shown;
}
