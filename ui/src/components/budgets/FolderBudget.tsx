import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Dialog } from "@/components/Dialog";
import { FormEnd } from "@/components/FormEnd";
import { ErrorState, Skeleton } from "@/components/States";
import { notify } from "@/components/toasts";
import { ipc, reason, type FolderId, type OwnedBudget } from "@/ipc";
import { readCaps, typed, type Wrong } from "@/lib/caps";
import { BudgetList } from "./BudgetList";
import styles from "./Budgets.module.css";
import { CapFields } from "./CapFields";

type Props = { folder: FolderId; name: string; onClose: () => void };

/** What conversations of a folder, and of those within it, may take: how it stands, and what it is from now on. */
export function FolderBudget({ folder, name, onClose }: Props) {
  const { data, error, refetch } = useQuery({
    // What was spent changes all the time: it is asked for anew whenever somebody looks.
    queryKey: ["folders", "budgets", folder],
    queryFn: async () => (await ipc().listBudgets()).filter((budget) => budget.folder === folder),
    staleTime: 0,
    gcTime: 0,
  });
  return (
    <Dialog title={`Budget of the folder ${name}`} size="wide" open onClose={onClose}>
      {data ? (
        <Form folder={folder} name={name} budgets={data} onClose={onClose} />
      ) : error ? (
        <ErrorState title="The budget cannot be read" why={reason(error)} onRetry={() => void refetch()} />
      ) : (
        <div className={styles.form}>
          <Skeleton rows={4} label="Reading the budget" />
        </div>
      )}
    </Dialog>
  );
}

function Form({ folder, name, budgets, onClose }: Props & { budgets: readonly OwnedBudget[] }) {
  const [caps, setCaps] = useState(() => typed(budgets.map(({ budget }) => budget)));
  const [wrong, setWrong] = useState<Wrong>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const wrong: Wrong = {};
    const asked = readCaps(caps, wrong);
    setWrong(wrong);
    if (Object.keys(wrong).length > 0) return;
    setBusy(true);
    setProblem(null);
    try {
      await ipc().setFolderBudgets(folder, asked);
      notify({ text: asked.length > 0 ? `Set the budget of ${name}` : `${name} has no budget` });
      onClose();
    } catch (error) {
      setProblem(reason(error));
      setBusy(false);
    }
  };
  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate>
      {budgets.length > 0 ? (
        <BudgetList budgets={budgets} />
      ) : (
        <p className={styles.about}>
          No budget yet: its conversations may take what other budgets leave them.
        </p>
      )}
      <CapFields caps={caps} wrong={wrong} onChange={setCaps} />
      <p className={styles.about}>
        It counts what is asked in conversations of this folder and of those in it, and refuses what it has no
        room for. A call of a tool is refused beforehand only if it names its conversation; else it counts
        once its conversation is found. Empty fields cap nothing; what was spent stays counted.
      </p>
      <FormEnd problem={problem} action="Save" busy={busy} onCancel={onClose} />
    </form>
  );
}
