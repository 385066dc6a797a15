import type { KeyboardEvent, PointerEvent } from "react";
import styles from "./App.module.css";
import { resize, useFrame, WIDTHS, type PaneName } from "./frame";

const STEP_PX = 8;
const names: Record<PaneName, string> = {
  side: "Width of the side bar",
  inspector: "Width of the inspector",
};

/** The inner edge of a pane: dragged, or moved with the arrow keys; a double click makes it as it was at first. */
export function Sash({ pane }: { pane: PaneName }) {
  const { width } = useFrame((frame) => frame[pane]);
  const { min, max, usual } = WIDTHS[pane];
  const grows = pane === "side" ? 1 : -1;
  const onPointerDown = (down: PointerEvent<HTMLDivElement>) => {
    const sash = down.currentTarget;
    const from = down.clientX;
    let last = width;
    const move = (event: globalThis.PointerEvent) =>
      resize(pane, (last = width + (event.clientX - from) * grows), false);
    const up = () => {
      sash.removeEventListener("pointermove", move);
      resize(pane, last, true);
    };
    sash.setPointerCapture(down.pointerId);
    sash.addEventListener("pointermove", move);
    sash.addEventListener("lostpointercapture", up, { once: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -STEP_PX, ArrowRight: STEP_PX }[event.key];
    if (by) resize(pane, width + by * grows, true);
  };
  return (
    <div
      className={styles.sash}
      data-pane={pane}
      role="separator"
      aria-label={names[pane]}
      aria-orientation="vertical"
      aria-valuemin={min}
      aria-valuemax={max}
      aria-valuenow={width}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
      onDoubleClick={() => resize(pane, usual, true)}
    />
  );
}
