import { useQuery } from "@tanstack/react-query";
import { Confirm } from "@/components/Confirm";
import { ipc, reason, type DeleteWhat, type DeletionCount } from "@/ipc";
import { count } from "@/lib/figures";
import { remove } from "./acts";

/** Says how much would go before it goes. */
export function DeleteDialog({ what, onClose }: { what: DeleteWhat; onClose: () => void }) {
  const { data, error } = useQuery({
    queryKey: ["deletion", what],
    queryFn: () => ipc().countDeletion(what),
    gcTime: 0,
    staleTime: 0,
  });
  const erases = what.kind === "deleted";
  return (
    <Confirm
      title={
        erases
          ? "Erase for good?"
          : what.kind === "others"
            ? "Prune the other branches?"
            : "Delete from here on?"
      }
      open
      onClose={onClose}
      action={erases ? "Erase" : what.kind === "others" ? "Prune" : "Delete"}
      danger={erases}
      onConfirm={() => (erases ? ipc().eraseDeletion(what.deletion) : remove(what))}
    >
      {error ? (
        <p>{reason(error)}</p>
      ) : data ? (
        <Words count={data} erases={erases} />
      ) : (
        <p role="status">Counting what would go…</p>
      )}
    </Confirm>
  );
}

const some = (n: number, one: string) => `${count(n)} ${one}${n === 1 ? "" : "s"}`;

function Words({
  count: { messages, branches, bookmarks, streaming, alsoHere, alsoIn },
  erases,
}: {
  count: DeletionCount;
  erases: boolean;
}) {
  const more = [
    branches > 0 && some(branches, "branch").replace("branchs", "branches"),
    bookmarks > 0 && some(bookmarks, "bookmark"),
  ].filter(Boolean);
  return (
    <>
      <p>
        {some(messages, "message")}
        {more.length > 0 && `, ${more.join(", ")}`} {messages === 1 && more.length === 0 ? "goes" : "go"}.
      </p>
      {streaming > 0 && (
        <p>
          {some(streaming, "answer")} among them{" "}
          {streaming === 1 ? "is still being written: stop it" : "are still being written: stop them"} first.
        </p>
      )}
      {alsoHere > 0 && (
        <p>
          {some(alsoHere, "other message")} here {alsoHere === 1 ? "says" : "say"} the same as one of them,
          and {alsoHere === 1 ? "stays" : "stay"}.
        </p>
      )}
      {alsoIn > 0 && <p>The same text is also in {some(alsoIn, "other conversation")}, and stays there.</p>}
      <p>{erases ? "Nothing can bring it back." : "It can be undone for 30 days; then it is erased."}</p>
    </>
  );
}
