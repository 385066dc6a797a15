import { CaseSensitive, ChevronDown, ChevronUp, X } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState, type RefObject } from "react";
import { Button, IconButton } from "@/components/Button";
import { SearchField } from "@/components/SearchField";
import { reveal, revealNothing } from "../answer/reveal";
import { setAlone, toggleFolded, useColumns } from "../columns";
import type { Turn } from "../turns";
import { bringIntoView, drawnPlaces, highlight, rangesIn } from "./drawn";
import styles from "./FindBar.module.css";
import { closeFind, offerSteps, useFind } from "./find";
import { MOST, sameHit, type Hit } from "./places";
import { useHits } from "./useHits";
import { LONGEST, pattern } from "./words";

type Props = {
  turns: readonly Turn[];
  open: Turn;
  onTurn: (depth: number) => void;
  /** Reads turns that are not here yet. */
  onOlder: (() => void) | undefined;
  /** What the answers are drawn in. */
  stage: RefObject<HTMLElement | null>;
};

const nothingYet: readonly Hit[] = [];
/** What is drawn is looked through again so long after it changed, ms. */
const SETTLED_MS = 150;
/** What does not come to be drawn within this is not waited for, ms. */
const PATIENCE_MS = 3_000;

/** Finds words in all turns that are loaded, whether they are drawn or not. */
export function FindBar({ turns, open, onTurn, onOlder, stage }: Props) {
  const { query, matchCase, asked, land } = useFind();
  const wanted = useMemo(() => pattern(query, matchCase), [query, matchCase]);
  const known = useHits(turns, wanted);
  const hits = known ?? nothingYet;
  const [chosen, setChosen] = useState<Hit | null>(null);
  const input = useRef<HTMLInputElement>(null);

  // Until somebody goes on, it is the first one that is before his eyes; what is elsewhere is not jumped to.
  const current = useMemo(() => {
    const kept = chosen && hits.find((hit) => sameHit(hit, chosen));
    return kept ?? hits.find(({ place }) => place.depth === open.depth) ?? null;
  }, [hits, chosen, open.depth]);
  const at = current ? hits.indexOf(current) : -1;

  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, [asked]);

  const wish = useRef<{ until: number } | null>(null);
  const draw = useRef<() => void>(() => undefined);
  useEffect(() => {
    const now = () => {
      const box = stage.current;
      if (!box || !wanted) return highlight(null);
      const ranges = rangesIn(drawnPlaces(box, open.depth), wanted, current);
      highlight(ranges);
      if (wish.current && ranges.current) {
        bringIntoView(ranges.current, box);
        // Once more when what came into view has its size.
        const { current: range } = ranges;
        requestAnimationFrame(() => bringIntoView(range, box));
        wish.current = null;
      } else if (wish.current && performance.now() > wish.current.until) wish.current = null;
    };
    draw.current = now;
    now();
  }, [wanted, current, open, hits, stage]);
  useEffect(() => {
    const box = stage.current;
    if (!box) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const observer = new MutationObserver(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        draw.current();
      }, SETTLED_MS);
    });
    observer.observe(box, { childList: true, characterData: true, subtree: true });
    return () => {
      observer.disconnect();
      clearTimeout(timer);
    };
  }, [stage]);
  useEffect(
    () => () => {
      highlight(null);
      revealNothing();
    },
    [],
  );

  const goTo = useCallback(
    (hit: Hit) => {
      const { branch, depth, folds } = hit.place;
      setChosen(hit);
      wish.current = { until: performance.now() + PATIENCE_MS };
      if (depth !== open.depth) onTurn(depth);
      const { alone, folded } = useColumns.getState();
      if (branch !== null && alone !== null && alone !== branch) setAlone(branch);
      if (branch !== null && alone === null && folded[branch]) toggleFolded(branch);
      if (folds) reveal(folds);
    },
    [open.depth, onTurn],
  );
  useEffect(() => {
    if (!land || !known) return;
    const there = known.filter(({ place }) => place.depth === land.depth);
    const hit = there.find(({ place }) => place.branch === land.branch) ?? there[0];
    useFind.setState({ land: null });
    if (hit) goTo(hit);
  }, [land, known, goTo]);
  const step = useCallback(
    (by: number) => {
      // From where one stands; a hit that was only offered is the first to be gone to.
      const here = chosen ? at : -1;
      const after = hits.findIndex(({ place }) => place.depth >= open.depth);
      const to =
        here >= 0
          ? here + by
          : at >= 0 && by > 0
            ? at
            : by > 0
              ? Math.max(after, 0)
              : (after < 0 ? hits.length : after) - 1;
      const hit = hits[(to + hits.length) % hits.length];
      if (hit) goTo(hit);
    },
    [hits, at, chosen, open.depth, goTo],
  );
  useEffect(() => {
    offerSteps(step);
    return () => offerSteps(null);
  }, [step]);

  useEffect(() => {
    // It is the top layer: what a column would stop at Escape goes on.
    const onKey = (event: KeyboardEvent) => {
      const on = event.target as HTMLElement;
      const bare = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
      if (event.key !== "Escape" || !bare || !on.closest("[data-branch], [data-find]")) return;
      event.preventDefault();
      event.stopPropagation();
      closeFind();
    };
    window.addEventListener("keydown", onKey, true);
    return () => window.removeEventListener("keydown", onKey, true);
  }, []);

  const none = wanted !== null && known?.length === 0;
  return (
    <div className={styles.find} role="search" aria-label="Find in conversation" data-find>
      <SearchField
        className={styles.field}
        ref={input}
        label="Find"
        placeholder="Find in conversation"
        value={query}
        maxLength={LONGEST}
        aria-invalid={none || undefined}
        onChange={(event) => {
          setChosen(null);
          useFind.setState({ query: event.target.value });
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
          event.preventDefault();
          step(event.shiftKey ? -1 : 1);
        }}
      >
        <span className={styles.count} role="status" data-none={none || undefined}>
          {wanted && known && countWords(at, hits.length)}
        </span>
      </SearchField>
      <IconButton
        label="Match case"
        className={styles.toggle}
        aria-pressed={matchCase}
        onClick={() => useFind.setState({ matchCase: !matchCase })}
      >
        <CaseSensitive size={16} />
      </IconButton>
      <IconButton label="Previous hit" disabled={hits.length === 0} onClick={() => step(-1)}>
        <ChevronUp size={14} />
      </IconButton>
      <IconButton label="Next hit" disabled={hits.length === 0} onClick={() => step(1)}>
        <ChevronDown size={14} />
      </IconButton>
      {onOlder && (
        <>
          <span className={styles.older}>Earlier turns are not loaded.</span>
          <Button kind="ghost" small onClick={onOlder}>
            Load more
          </Button>
        </>
      )}
      <span className={styles.space} />
      <IconButton label="Close find" onClick={closeFind}>
        <X size={14} />
      </IconButton>
    </div>
  );
}

function countWords(at: number, count: number): string {
  const all = count >= MOST ? `${MOST.toLocaleString("en")}+` : count.toLocaleString("en");
  if (count === 0) return "nothing";
  return at < 0 ? `${all} elsewhere` : `${(at + 1).toLocaleString("en")} of ${all}`;
}
