import { useRef, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { PANE } from "@/lib/pane";
import styles from "./Pane.module.css";

type Props = {
  label: string;
  /** The name of the edge that is dragged. */
  edge: string;
  height: number;
  set: (px: number) => void;
  /** The height is what it is to stay. */
  keep: () => void;
  children: ReactNode;
};

/** What lies below a list, as high as somebody made it. */
export function Pane({ label, edge, height, set, keep, children }: Props) {
  const pane = useRef<HTMLElement>(null);
  const onPointerDown = (down: PointerEvent<HTMLDivElement>) => {
    if (down.button !== 0) return;
    const line = down.currentTarget;
    const before = pane.current?.offsetHeight ?? height;
    const move = (event: globalThis.PointerEvent) => set(before + down.clientY - event.clientY);
    const up = () => {
      line.removeEventListener("pointermove", move);
      keep();
    };
    line.setPointerCapture(down.pointerId);
    line.addEventListener("pointermove", move);
    line.addEventListener("lostpointercapture", up, { once: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowUp: 16, ArrowDown: -16 }[event.key];
    if (!by) return;
    event.preventDefault();
    set(height + by);
    keep();
  };
  return (
    <section ref={pane} className={styles.pane} aria-label={label} style={{ height }}>
      <div
        className={styles.edge}
        role="separator"
        aria-label={edge}
        aria-orientation="horizontal"
        aria-valuemin={PANE.least}
        aria-valuemax={PANE.most}
        aria-valuenow={height}
        title="Drag to resize"
        tabIndex={0}
        onPointerDown={onPointerDown}
        onKeyDown={onKeyDown}
      />
      {children}
    </section>
  );
}
