import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { BranchId } from "@/ipc";
import { useColumns } from "../columns";
import { keepNow, keepSoon, leave, placeOf, shows } from "./keeping";

/** Close enough to the end to count as being there. */
const NEAR_PX = 24;
/** How long after a key, a touch, the wheel or a press on the bar a scroll is the reader's, whatever the text does. */
const WISHED_MS = 1_000;
/** How long after its end an answer may be replaced by what was stored of it, which is drawn anew. */
const SETTLES_MS = 5_000;

/** One observer for all columns: it speaks after the layout and before the paint, so nothing is measured twice. */
const resized = new Map<Element, () => void>();
let observer: ResizeObserver | undefined;
function watchSize(element: Element, tell: () => void): () => void {
  observer ??= new ResizeObserver((entries) => {
    for (const { target } of entries) resized.get(target)?.();
  });
  resized.set(element, tell);
  observer.observe(element);
  return () => {
    resized.delete(element);
    observer?.unobserve(element);
  };
}

type Member = {
  box: HTMLElement;
  /** Where this window has put it: a scroll event from there is no reader's wish. */
  put: number | null;
  follows: () => boolean;
  leave: () => void;
  /** The reader's wish put it elsewhere. */
  moved: () => void;
};
const members = new Set<Member>();

/** This box no longer follows its end: the window scrolls it to something else next, a hit of a search for instance. */
export function leaveEnd(box: Element): void {
  for (const member of members) if (member.box === box) member.leave();
}

/** Puts the other columns at the same part of their way; those that follow their end go on doing so. */
function together(from: Member, wished: boolean): void {
  const way = from.box.scrollHeight - from.box.clientHeight;
  if (way <= 0) return;
  const part = from.box.scrollTop / way;
  for (const member of members) {
    if (member === from || member.follows()) continue;
    member.box.scrollTop = part * (member.box.scrollHeight - member.box.clientHeight);
    member.put = member.box.scrollTop;
    if (wished) member.moved();
  }
}

/**
 * A scroller that follows its end while its content grows, until the reader scrolls up, and that is found where it
 * was left when its answer is shown again.
 */
export function useFollowing(live: boolean, branch: BranchId, answer: string, place: number) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(() => placeOf(answer)?.follows ?? live);
  // Beside the state, since text may arrive between a scroll and the render that it causes.
  const follows = useRef(following);
  const alive = useRef(live);
  const member = useRef<Member | null>(null);
  const top = useRef(0);
  /** Whether the text changed since the end was last put in view. */
  const stirred = useRef(false);
  const wishedAt = useRef(-Infinity);
  const endedAt = useRef(-Infinity);
  /** When the reader last scrolled: what begins with a wish may take longer, as a bar that is dragged. */
  const readAt = useRef(-Infinity);
  /** Where it was left, as long as what is drawn of it may still be shorter than that. */
  const wanted = useRef<{ top: number; until: number } | null>(null);

  const follow = useCallback((now: boolean) => {
    follows.current = now;
    if (now) wanted.current = null;
    setFollowing(now);
  }, []);
  const toEnd = useCallback(() => {
    const box = scroller.current;
    if (!box || !follows.current) return;
    if (!alive.current && performance.now() - endedAt.current > SETTLES_MS) return;
    box.scrollTop = box.scrollHeight;
    top.current = box.scrollTop;
    stirred.current = false;
    if (member.current) member.current.put = box.scrollTop;
  }, []);

  useLayoutEffect(() => {
    // The last words of an answer are followed too.
    if (alive.current && !live) {
      toEnd();
      endedAt.current = performance.now();
    }
    alive.current = live;
  }, [live, toEnd]);

  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const seat = (at: number) => {
      wanted.current = { top: at, until: performance.now() + SETTLES_MS };
      box.scrollTop = at;
      top.current = self.put = box.scrollTop;
    };
    const here = () => wanted.current?.top ?? top.current;
    const self: Member = {
      box,
      put: null,
      follows: () => alive.current && follows.current,
      leave: () => {
        wishedAt.current = performance.now();
        wanted.current = null;
        follow(false);
      },
      moved: () => {
        wanted.current = null;
        top.current = box.scrollTop;
        keepSoon(branch, answer, top.current);
      },
    };
    member.current = self;
    members.add(self);
    // Of another answer than this one.
    endedAt.current = -Infinity;
    wanted.current = null;
    const left = placeOf(answer);
    if (left && !(alive.current && left.follows)) seat(left.top);
    const gone = shows(answer, {
      top: () => (self.follows() ? null : here()),
      end: () => (follows.current && !alive.current ? here() : null),
      seat,
    });
    return () => {
      members.delete(self);
      gone();
      leave(answer, { top: here(), follows: follows.current });
      // An end that was followed was read, though nobody scrolled there.
      if (follows.current && !alive.current) keepSoon(branch, answer, here());
      keepNow(branch);
    };
  }, [answer, branch, follow]);

  // An element that is put elsewhere among its siblings begins at its top.
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box && box.scrollTop !== top.current) box.scrollTop = top.current;
  }, [place]);

  /** To where it was left, once there is so much of it. */
  const toWanted = useCallback(() => {
    const box = scroller.current;
    if (!box || !wanted.current) return;
    if (performance.now() > wanted.current.until) wanted.current = null;
    else if (Math.abs(box.scrollTop - wanted.current.top) >= 1) {
      box.scrollTop = wanted.current.top;
      top.current = box.scrollTop;
      if (member.current) member.current.put = box.scrollTop;
    }
  }, []);

  // Text, fonts, wrapping and the window's size move the end; so does what was stored, drawn anew after it.
  useEffect(() => {
    const settles = Math.max(endedAt.current + SETTLES_MS, wanted.current?.until ?? 0) - performance.now();
    if (!live && settles <= 0) return;
    const tell = () => (wanted.current ? toWanted() : toEnd());
    const stops = [content.current, scroller.current].map((one) => one && watchSize(one, tell));
    const stop = () => stops.forEach((stop) => stop?.());
    const timer = live ? undefined : setTimeout(stop, settles);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [live, answer, toEnd, toWanted]);

  useEffect(() => {
    const stirs = new MutationObserver(() => (stirred.current = true));
    if (content.current)
      stirs.observe(content.current, { subtree: true, childList: true, characterData: true });
    return () => stirs.disconnect();
  }, []);

  const movedByText = useCallback(() => {
    const now = performance.now();
    if (!stirred.current || now - wishedAt.current < WISHED_MS) return false;
    return now - endedAt.current < SETTLES_MS || (alive.current && follows.current);
  }, []);
  const onScroll = useCallback(() => {
    const box = scroller.current;
    const self = member.current;
    if (!box || !self) return;
    const own = self.put !== null && Math.abs(box.scrollTop - self.put) < 2;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    const now = performance.now();
    const wished = now - Math.max(wishedAt.current, readAt.current) < WISHED_MS;
    if (!own && wanted.current) {
      // So little is drawn as yet that it can be no further down, or it was drawn anew: nobody went there.
      if (stirred.current || (wanted.current.top > box.scrollTop && atEnd)) {
        stirred.current = false;
        toWanted();
        return;
      }
      wanted.current = null;
    }
    // Upwards is a wish, however small; downwards it is one at the end.
    if (!own) {
      if (box.scrollTop < top.current - 1) {
        if (movedByText()) {
          // Text that became shorter for a moment moved its scroller: it goes back to where it was.
          box.scrollTop = follows.current ? box.scrollHeight : top.current;
          top.current = self.put = box.scrollTop;
          stirred.current = false;
          return;
        }
        follow(false);
      } else if (atEnd) follow(true);
      if (useColumns.getState().together) together(self, wished);
    }
    self.put = null;
    top.current = box.scrollTop;
    if (own || !wished) return;
    readAt.current = now;
    keepSoon(branch, answer, top.current);
  }, [answer, branch, follow, movedByText, toWanted]);
  const onWish = useCallback(() => {
    wishedAt.current = performance.now();
    wanted.current = null;
  }, []);

  return { scroller, content, following, follow, toEnd, onScroll, onWish };
}
