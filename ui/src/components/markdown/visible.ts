import { useEffect, useState, type RefObject } from "react";

/** How far before it is seen. */
const MARGIN = "600px";

let observer: IntersectionObserver | undefined;
const waiting = new WeakMap<Element, () => void>();

/** Whether the element was near the visible part once: one observer for all of them. */
export function useSeen(element: RefObject<Element | null>, skip: boolean): boolean {
  const [seen, setSeen] = useState(skip || typeof IntersectionObserver === "undefined");
  useEffect(() => {
    const box = element.current;
    if (seen || !box) return;
    observer ??= new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          waiting.get(target)?.();
          observer?.unobserve(target);
        }
      },
      { rootMargin: MARGIN },
    );
    const watching = observer;
    waiting.set(box, () => setSeen(true));
    watching.observe(box);
    return () => watching.unobserve(box);
  }, [element, seen]);
  return seen;
}
