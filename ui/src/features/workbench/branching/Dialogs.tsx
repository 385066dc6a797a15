import { JudgeDialog } from "../judging/JudgeDialog";
import { CompareDialog } from "./CompareDialog";
import { DeleteDialog } from "./DeleteDialog";
import { closeDialog, useDialogs } from "./dialogs";
import { DiffDialog } from "./DiffDialog";
import { EditDialog } from "./EditDialog";
import { MergeDialog } from "./MergeDialog";
import { ProvenanceDialog } from "./ProvenanceDialog";
import { ReplayDialog } from "./ReplayDialog";

/** The dialog of the tree that is open. */
export default function Dialogs() {
  const open = useDialogs((dialogs) => dialogs.open);
  switch (open?.kind) {
    case undefined:
      return null;
    case "edit":
      return <EditDialog {...open} onClose={closeDialog} />;
    case "delete":
      return <DeleteDialog {...open} onClose={closeDialog} />;
    case "diff":
      return <DiffDialog {...open} onClose={closeDialog} />;
    case "judge":
      return <JudgeDialog {...open} onClose={closeDialog} />;
    case "merge":
      return <MergeDialog {...open} onClose={closeDialog} />;
    case "compare":
      return <CompareDialog {...open} onClose={closeDialog} />;
    case "replay":
      return <ReplayDialog {...open} onClose={closeDialog} />;
    case "provenance":
      return <ProvenanceDialog {...open} onClose={closeDialog} />;
  }
}
