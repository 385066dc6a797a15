import { useEffect, useMemo, useState } from "react";
import type { SearchHit } from "@/ipc";
import { useHits } from "./api";
import { queryOf, useView } from "./view";

/** Somebody who types is not done yet, ms. */
const TYPING_MS = 150;

const noHits: readonly SearchHit[] = [];

/** What was said with these words, once their typist has paused. */
export function useFound(searched: string) {
  const [settled, setSettled] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSettled(searched), TYPING_MS);
    return () => clearTimeout(timer);
  }, [searched]);
  const view = useView();
  const { narrowed } = view;
  const query = useMemo(
    () => (settled ? queryOf(settled, view, narrowed, new Date()) : null),
    [settled, view, narrowed],
  );
  const { data, error, hasNextPage, isFetching, fetchNextPage, refetch } = useHits(query);
  const pages = searched && settled ? data?.pages : undefined;
  const first = pages?.[0];
  const hits = useMemo(() => pages?.flatMap((page) => page.hits) ?? noHits, [pages]);
  const total = first?.total ?? 0;
  const more = first?.moreThanTotal ?? false;
  const waiting = first?.waiting ?? 0;
  const readOn = useMemo(
    () => (hasNextPage && !isFetching ? () => void fetchNextPage() : null),
    [hasNextPage, isFetching, fetchNextPage],
  );
  return useMemo(
    () => ({
      hits,
      total,
      more,
      pending: searched !== settled || isFetching || hasNextPage,
      error: searched ? error : null,
      again: () => void refetch(),
      readOn: searched ? readOn : null,
      words: [
        ...(more ? [`More than ${total.toLocaleString("en-US")} messages; the newest come first.`] : []),
        ...(waiting > 0
          ? [`The index is still catching up: ${waiting.toLocaleString("en-US")} messages are not in it yet.`]
          : []),
      ].join(" "),
    }),
    [hits, total, more, waiting, searched, settled, isFetching, hasNextPage, error, readOn, refetch],
  );
}
