import type { KeyboardEvent, PointerEvent } from "react";
import styles from "./App.module.css";
import { resizeSide, SIDE } from "./frame";

const STEP_PX = 8;

/** The edge of the side bar: dragged, or moved with the arrow keys. */
export function Sash({ width }: { width: number }) {
  const onPointerDown = (down: PointerEvent<HTMLDivElement>) => {
    const sash = down.currentTarget;
    const from = down.clientX;
    let last = width;
    const move = (event: globalThis.PointerEvent) => resizeSide((last = width + event.clientX - from), false);
    const up = () => {
      sash.removeEventListener("pointermove", move);
      resizeSide(last, true);
    };
    sash.setPointerCapture(down.pointerId);
    sash.addEventListener("pointermove", move);
    sash.addEventListener("lostpointercapture", up, { once: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -STEP_PX, ArrowRight: STEP_PX }[event.key];
    if (by) resizeSide(width + by, true);
  };
  return (
    <div
      className={styles.sash}
      role="separator"
      aria-label="Width of the side bar"
      aria-orientation="vertical"
      aria-valuemin={SIDE.min}
      aria-valuemax={SIDE.max}
      aria-valuenow={width}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
    />
  );
}
