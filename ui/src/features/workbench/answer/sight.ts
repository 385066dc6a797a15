/** Which answers nobody sees, since their column is scrolled out of the window. They are drawn now and then only. */
import { useEffect, type RefObject } from "react";
import type { CompletionId } from "@/ipc";

const outside = new Set<CompletionId>();
const watched = new Map<Element, CompletionId>();
let observer: IntersectionObserver | undefined;

export const isOutOfSight = (completion: CompletionId): boolean => outside.has(completion);

/** Keeps `isOutOfSight` true to where this element is. */
export function useSight(element: RefObject<Element | null>, completion: CompletionId | null): void {
  useEffect(() => {
    const column = element.current;
    // Where it cannot be known, everything is in sight.
    if (!column || completion === null || typeof IntersectionObserver === "undefined") return;
    observer ??= new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const id = watched.get(target);
        if (id === undefined) continue;
        if (isIntersecting) outside.delete(id);
        else outside.add(id);
      }
    });
    watched.set(column, completion);
    observer.observe(column);
    return () => {
      observer?.unobserve(column);
      watched.delete(column);
      outside.delete(completion);
    };
  }, [element, completion]);
}
