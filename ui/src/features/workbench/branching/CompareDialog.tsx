import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Select } from "@/components/Select";
import { ErrorState, Skeleton } from "@/components/States";
import {
  ipc,
  reason,
  type BranchId,
  type BranchSummary,
  type ComparedPair,
  type ConversationId,
  type MessageId,
  type MessageView,
} from "@/ipc";
import { textOf } from "../turns";
import { useBranches } from "./api";
import styles from "./branching.module.css";
import { SideText } from "./spans";

type Props = { conversation: ConversationId; left: BranchId; right: BranchId; onClose: () => void };

const PAGE = 20;

/** Two branches from where they part: the n-th message of the n-th turn beside its like. */
export function CompareDialog({ conversation, left: first, right: second, onClose }: Props) {
  const [[left, right], setPair] = useState([first, second]);
  const branches = useBranches(conversation);
  const named = branches.data ?? [];
  const options = named
    .filter(({ branch }) => branch.tip !== null)
    .map(({ branch }) => ({ value: branch.id, label: branch.name }));
  const one = named.find(({ branch }) => branch.id === left);
  const other = named.find(({ branch }) => branch.id === right);
  return (
    <Dialog title="Compare branches" size="wide" open onClose={onClose}>
      <div className={styles.pick}>
        <Select
          small
          label="Left branch"
          value={left}
          options={options}
          onChange={(id) => setPair([id, right])}
        />
        <Select
          small
          label="Right branch"
          value={right}
          options={options}
          onChange={(id) => setPair([left, id])}
        />
      </div>
      <div className={styles.scroll} tabIndex={0} role="group" aria-label="Comparison">
        {branches.error ? (
          <ErrorState title="The branches cannot be read" why={reason(branches.error)} />
        ) : one?.branch.tip && other?.branch.tip ? (
          <Lines left={one.branch.tip} right={other.branch.tip} names={[one, other]} />
        ) : (
          <Skeleton rows={8} label="Reading the branches" />
        )}
      </div>
    </Dialog>
  );
}

type LinesProps = { left: MessageId; right: MessageId; names: readonly [BranchSummary, BranchSummary] };

function Lines({ left, right, names }: LinesProps) {
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["conversation", names[0].branch.conversationId, "lines", left, right],
    queryFn: ({ pageParam }) => ipc().compareLines(left, right, pageParam, PAGE),
    initialPageParam: 0,
    getNextPageParam: (last, pages) => {
      const read = pages.reduce((sum, { pairs }) => sum + pairs.length, 0);
      return last.pairs.length > 0 && read < last.total ? read : undefined;
    },
  });
  if (error) return <ErrorState title="They cannot be compared" why={reason(error)} />;
  const [head] = data?.pages ?? [];
  if (!data || !head) return <Skeleton rows={8} label="Comparing" />;
  if (head.total === 0) return <p className={styles.quiet}>Both are the same line.</p>;
  return (
    <>
      <p className={styles.ancestor} dir="auto">
        {head.ancestor ? (
          <>
            <span className={styles.quiet}>Both have, up to here: </span>
            {firstWords(textOf(head.ancestor))}
          </>
        ) : (
          <span className={styles.quiet}>They have no message in common.</span>
        )}
      </p>
      <div className={styles.columnNames} aria-hidden="true">
        <bdi>{names[0].branch.name}</bdi>
        <bdi>{names[1].branch.name}</bdi>
      </div>
      {data.pages.flatMap(({ pairs }) =>
        pairs.map((pair) => <Pair key={`${pair.left?.message.id} ${pair.right?.message.id}`} pair={pair} />),
      )}
      {hasNextPage && (
        <Button small busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          More
        </Button>
      )}
    </>
  );
}

function Pair({ pair: { turn, left, right, same } }: { pair: ComparedPair }) {
  const both = left !== null && right !== null && !same;
  const { data } = useQuery({
    queryKey: ["diff", left?.message.id, right?.message.id],
    queryFn: () =>
      ipc().diff(
        { kind: "message", id: left?.message.id ?? "" },
        { kind: "message", id: right?.message.id ?? "" },
      ),
    enabled: both,
  });
  const who = (left ?? right)?.message.role === "user" ? "You" : "Answers";
  // What answers the last prompt that both have is of no turn of their own.
  const where = turn === 0 ? "where they part" : `turn ${turn} after they part`;
  return (
    <section className={styles.pair} aria-label={`${who}, ${where}`}>
      <h3>
        {who}{" "}
        <span className={styles.quiet}>
          {where}
          {same && ", the same"}
        </span>
      </h3>
      {both && data ? (
        <>
          <SideText diff={data} side="left" />
          <SideText diff={data} side="right" />
        </>
      ) : (
        <>
          <Whole view={left} />
          <Whole view={right} />
        </>
      )}
    </section>
  );
}

function Whole({ view }: { view: MessageView | null }) {
  return (
    <div className={styles.side} dir="auto">
      {view ? textOf(view) : <span className={styles.quiet}>nothing here</span>}
    </div>
  );
}

function firstWords(text: string): string {
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
