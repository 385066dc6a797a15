import { useQuery } from "@tanstack/react-query";
import { ArrowLeftRight } from "lucide-react";
import { useState } from "react";
import { IconButton } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Segments } from "@/components/Segments";
import { Select } from "@/components/Select";
import { ErrorState, Skeleton } from "@/components/States";
import { ipc, reason, type MessageId } from "@/ipc";
import styles from "./branching.module.css";
import type { Side } from "./dialogs";
import { OneText, SideText } from "./spans";
import { labelOf } from "./versions";

type Props = { sides: readonly Side[]; left: MessageId; right: MessageId; onClose: () => void };

/** Any two answers of a turn or versions of them, word by word. */
export function DiffDialog({ sides, left: first, right: second, onClose }: Props) {
  const [[left, right], setPair] = useState([first, second]);
  const [view, setView] = useState<"two" | "one">("two");
  const { data, error, refetch } = useQuery({
    queryKey: ["diff", left, right],
    queryFn: () => ipc().diff({ kind: "message", id: left }, { kind: "message", id: right }),
  });
  const options = sides.map((side) => ({ value: side.message, label: labelOf(side) }));
  return (
    <Dialog
      title="Differences, word by word"
      size="wide"
      open
      onClose={onClose}
      actions={
        <Segments
          label="How differences are shown"
          value={view}
          onChange={setView}
          options={[
            { value: "two", label: "Side by side" },
            { value: "one", label: "In one text" },
          ]}
        />
      }
    >
      <div className={styles.pick}>
        <Select
          small
          label="Left answer"
          value={left}
          options={options}
          onChange={(id) => setPair([id, right])}
        />
        <IconButton label="Swap the sides" onClick={() => setPair([right, left])}>
          <ArrowLeftRight size={14} />
        </IconButton>
        <Select
          small
          label="Right answer"
          value={right}
          options={options}
          onChange={(id) => setPair([left, id])}
        />
        {data && (
          <span className={styles.alike} role="status">
            {data.alike}% alike{data.rough && ", roughly"}
          </span>
        )}
      </div>
      <div className={styles.texts} data-view={view} tabIndex={0} role="group" aria-label="Texts">
        {error ? (
          <ErrorState title="They cannot be compared" why={reason(error)} onRetry={() => void refetch()} />
        ) : !data ? (
          <Skeleton rows={8} label="Comparing" />
        ) : view === "two" ? (
          <>
            <SideText diff={data} side="left" />
            <SideText diff={data} side="right" />
          </>
        ) : (
          <OneText diff={data} />
        )}
      </div>
    </Dialog>
  );
}
