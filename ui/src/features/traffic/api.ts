import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { tried } from "@/components/tried";
import { ipc, type CompletionId } from "@/ipc";
import { begin, extend, renew, take, type Feed } from "./feed";
import { queryOf, type Filters } from "./filters";

/** A call with everything that is kept of it. */
export function useCall(call: CompletionId) {
  return useQuery({
    queryKey: ["traffic", "call", call],
    queryFn: () => ipc().trafficCall(call),
    placeholderData: keepPreviousData,
  });
}

export function useFacets() {
  return useQuery({
    queryKey: ["traffic", "facets"],
    queryFn: () => ipc().trafficFacets(),
    placeholderData: keepPreviousData,
  });
}

export function useKeys() {
  return useQuery({ queryKey: ["keys", "virtual"], queryFn: () => ipc().listVirtualKeys() });
}

export function useGatewayStatus() {
  return useQuery({ queryKey: ["status", "gateway"], queryFn: () => ipc().gatewayStatus() });
}

export function useModels() {
  return useQuery({ queryKey: ["models"], queryFn: () => ipc().listModels() });
}

/** The calls that fit, and what comes. `hold`: what is new waits. */
export function useFeed(filters: Filters, hold: boolean) {
  const key = JSON.stringify(filters);
  // The time is that of the choice: what has grown older since stays listed.
  const query = useMemo(() => queryOf(JSON.parse(key) as Filters, Date.now()), [key]);
  const head = useQuery({
    queryKey: ["traffic", "list", query],
    queryFn: () => ipc().listTraffic(query),
    placeholderData: keepPreviousData,
  });
  const [state, setState] = useState<{ key: string; feed: Feed } | null>(null);
  const held = useRef(hold);
  const newest = useRef(head.data);
  useEffect(() => {
    held.current = hold;
    if (!hold)
      setState((now) => {
        if (!now || now.feed.waiting.length === 0) return now;
        const feed = take(now.feed) ?? (newest.current ? begin(newest.current) : now.feed);
        return { ...now, feed };
      });
  }, [hold]);
  useEffect(() => {
    const page = head.data;
    if (!page || head.isPlaceholderData) return;
    newest.current = page;
    setState((now) => {
      if (now?.key !== key) return { key, feed: begin(page) };
      const feed = renew(now.feed, page, held.current);
      return feed === now.feed ? now : { key, feed };
    });
  }, [head.data, head.isPlaceholderData, key]);

  const loading = useRef(false);
  const next = state?.key === key ? state.feed.next : null;
  const more = useCallback(async () => {
    if (next === null || loading.current) return;
    loading.current = true;
    const page = await tried(() => ipc().listTraffic({ ...query, after: next }));
    loading.current = false;
    if (page)
      setState((now) =>
        now?.key === key && now.feed.next === next ? { key, feed: extend(now.feed, page) } : now,
      );
  }, [key, next, query]);

  return {
    feed: state?.feed ?? null,
    /** What is listed still fits what was chosen before. */
    stale: state !== null && state.key !== key,
    error: head.error,
    again: () => void head.refetch(),
    more: () => void more(),
  };
}
