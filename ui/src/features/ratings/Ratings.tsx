import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Copy, Trophy } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/Button";
import { copy } from "@/components/copy";
import { Select } from "@/components/Select";
import { EmptyState, ErrorState, Skeleton } from "@/components/States";
import { Switch } from "@/components/Switch";
import { Table, TableRow } from "@/components/Table";
import { ipc, reason, type Board, type FolderId } from "@/ipc";
import { hueNumberOf } from "@/lib/hues";
import { asCsv, figure, folderPath, spans } from "./board";
import styles from "./Ratings.module.css";

const ALL = "";

/** Models by the user's votes. */
export function Ratings({ onNew }: { onNew: () => void }) {
  const [folder, setFolder] = useState<FolderId>(ALL);
  const [tag, setTag] = useState(ALL);
  const [blindOnly, setBlindOnly] = useState(false);
  const folders = useQuery({ queryKey: ["folders"], queryFn: () => ipc().listFolders() });
  const tags = useQuery({ queryKey: ["folders", "tags"], queryFn: () => ipc().listTags() });
  const board = useQuery({
    queryKey: ["votes", "board", folder, tag, blindOnly],
    queryFn: () => ipc().ratingBoard({ folder: folder || null, tags: tag === ALL ? [] : [tag], blindOnly }),
    // Whoever filters sees the other rows change, not go.
    placeholderData: keepPreviousData,
  });
  const filtered = folder !== ALL || tag !== ALL || blindOnly;
  const all = () => {
    setFolder(ALL);
    setTag(ALL);
    setBlindOnly(false);
  };
  return (
    <main className={styles.page} aria-label="Ratings">
      <header className={styles.head}>
        <h1>Ratings</h1>
        <Select
          small
          label="Folder"
          value={folder}
          onChange={setFolder}
          options={[
            { value: ALL, label: "All folders" },
            ...(folders.data ?? []).map(({ id }) => ({
              value: id,
              label: folderPath(folders.data ?? [], id),
            })),
          ]}
        />
        <Select
          small
          label="Tag"
          value={tag}
          onChange={setTag}
          options={[
            { value: ALL, label: "All tags" },
            ...(tags.data ?? []).map(({ name }) => ({ value: name, label: name })),
          ]}
        />
        <span className={styles.blind}>
          <Switch label="Blind votes only" checked={blindOnly} onChange={setBlindOnly} />
          <span aria-hidden="true">Blind votes only</span>
        </span>
        <span className={styles.space} />
        {board.data && board.data.ratings.length > 0 && (
          <Button small onClick={() => void copy(asCsv(board.data), "Copied the board as CSV")}>
            <Copy size={12} />
            Copy as CSV
          </Button>
        )}
      </header>
      {board.error ? (
        <ErrorState
          title="The votes cannot be counted"
          why={reason(board.error)}
          onRetry={() => void board.refetch()}
        />
      ) : !board.data ? (
        <Skeleton rows={8} label="Counting the votes" />
      ) : board.data.ratings.length > 0 ? (
        <Counted board={board.data} />
      ) : filtered ? (
        <EmptyState
          icon={<Trophy size={20} />}
          title="No votes here"
          action={<Button onClick={all}>Show all votes</Button>}
        >
          Nothing was voted on in the conversations that are chosen above.
        </EmptyState>
      ) : (
        <EmptyState
          icon={<Trophy size={20} />}
          title="Which model wins for you"
          action={<Button onClick={onNew}>New conversation</Button>}
        >
          Ask two models or more the same thing, then press ♥ below the better answer, or vote A, B, tie or
          both bad. Hide the names until you vote, and the name has no say. The models you voted on stand
          here, best first.
        </EmptyState>
      )}
    </main>
  );
}

function Counted({ board }: { board: Board }) {
  const { ratings, votes, blind, sameModel, needed } = board;
  const places = spans(ratings);
  return (
    <div className={styles.board}>
      <Table
        label="Models by rating"
        columns={[
          { title: "Place", width: "52px", right: true },
          { title: "Model" },
          { title: "Rating", width: "72px", right: true },
          { title: "Between (95 %)", width: "118px", right: true },
          { title: "Interval", width: "20%", extra: "wide" },
          { title: "Votes", width: "56px", right: true },
          { title: "Won", width: "56px", right: true },
          { title: "Lost", width: "56px", right: true },
          { title: "Tie", width: "48px", right: true, extra: true },
          { title: "Both bad", width: "76px", right: true, extra: true },
        ]}
      >
        {ratings.map((r, i) => {
          const { from = 0, to = 0, at = 0 } = places[i] ?? {};
          return (
            <TableRow key={r.model} data-few={!r.enough || undefined} className={styles.row}>
              <td data-right>{r.place}</td>
              <td title={r.model}>
                <i className={styles.dot} data-hue={hueNumberOf(r.model)} />
                <bdi>{r.model}</bdi>
                {!r.enough && <span className={styles.few}>under {needed} votes</span>}
              </td>
              <td data-right>{figure(r.rating)}</td>
              <td data-right>
                {figure(r.low)} – {figure(r.high)}
              </td>
              <td data-extra="wide">
                <span className={styles.range} aria-hidden="true" data-hue={hueNumberOf(r.model)}>
                  <i style={{ left: `${from}%`, right: `${100 - to}%` }} />
                  <b style={{ left: `${at}%` }} />
                </span>
              </td>
              <td data-right>{r.votes}</td>
              <td data-right>{r.wins}</td>
              <td data-right>{r.losses}</td>
              <td data-right data-extra="true">
                {r.ties}
              </td>
              <td data-right data-extra="true">
                {r.bothBad}
              </td>
            </TableRow>
          );
        })}
      </Table>
      <p className={styles.how}>
        Bradley–Terry over your votes: 1,000 is the mean, 400 points more are odds of 10 to 1 to be preferred,
        and a tie or both bad counts half for each.
      </p>
      <p className={styles.how}>
        {votes} {votes === 1 ? "vote" : "votes"}, {blind} of them blind
        {sameModel > 0 && `, ${sameModel} between answers of one and the same model, which say nothing here`}.
        A rating means something from {needed} votes on; before that it is shown paler. Judges do not count.
      </p>
    </div>
  );
}
