import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Dialog } from "@/components/Dialog";
import { ErrorState, Skeleton } from "@/components/States";
import { ipc, reason, type MessageId, type Provenance } from "@/ipc";
import { hueNumberOf } from "@/lib/hues";
import styles from "./branching.module.css";

/** Which passages of a merged answer came from which of its sources. */
export function ProvenanceDialog({ message, onClose }: { message: MessageId; onClose: () => void }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["provenance", message],
    queryFn: () => ipc().provenance(message),
  });
  return (
    <Dialog title="What it was made of" size="wide" open onClose={onClose}>
      <div className={styles.scroll} tabIndex={0} role="group" aria-label="Sources and passages">
        {error ? (
          <ErrorState title="Its sources cannot be read" why={reason(error)} onRetry={() => void refetch()} />
        ) : data ? (
          <Made of={data} />
        ) : (
          <Skeleton rows={8} label="Looking for its passages" />
        )}
      </div>
    </Dialog>
  );
}

function Made({ of }: { of: Provenance }) {
  const pieces = useMemo(() => piecesOf(of), [of]);
  const hue = (source: number) => hueNumberOf(of.sources[source]?.model ?? "unknown");
  return (
    <>
      <ul className={styles.madeOf} aria-label="Sources">
        {of.sources.map((source, i) => (
          <li key={i} data-hue={hue(i)}>
            <i className={styles.dot} />
            <b>{i + 1}</b> <bdi>{source.model ?? "unknown model"}</bdi>
            {source.deleted && <span className={styles.quiet}>deleted</span>}
            <span className={styles.quiet}>{share(of, i)}% of the text</span>
          </li>
        ))}
      </ul>
      {of.instruction && (
        <p className={styles.quiet} dir="auto">
          Asked for: {of.instruction}
        </p>
      )}
      <div className={styles.side} dir="auto">
        {pieces.map(({ text, sources }, i) =>
          sources.length === 0 ? (
            <span key={i}>{text}</span>
          ) : (
            <mark
              key={i}
              className={styles.passage}
              data-hue={hue(sources[0] ?? 0)}
              title={`Also in ${sources.map((n) => of.sources[n]?.model ?? `source ${n + 1}`).join(", ")}`}
            >
              {text}
              <sup>{sources.map((n) => n + 1).join(",")}</sup>
            </mark>
          ),
        )}
      </div>
      <p className={styles.quiet}>
        A passage is a run of at least four words that a source has too. Words without a mark are new.
      </p>
    </>
  );
}

type Piece = { text: string; sources: number[] };

/** The text cut where a passage begins or ends. */
export function piecesOf({ text, passages }: Pick<Provenance, "text" | "passages">): Piece[] {
  const cuts = [...new Set([0, text.length, ...passages.flatMap(({ start, end }) => [start, end])])].sort(
    (a, b) => a - b,
  );
  return cuts.slice(1).map((end, i) => {
    const start = cuts[i] ?? 0;
    const within = passages.filter((passage) => passage.start <= start && passage.end >= end);
    return { text: text.slice(start, end), sources: [...new Set(within.map(({ source }) => source))] };
  });
}

function share({ text, passages }: Provenance, source: number): number {
  const own = passages.filter((passage) => passage.source === source);
  const characters = own.reduce((sum, { start, end }) => sum + end - start, 0);
  return text.length === 0 ? 0 : Math.min(100, Math.round((characters * 100) / text.length));
}
