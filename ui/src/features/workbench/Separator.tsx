import { useRef, type KeyboardEvent, type PointerEvent } from "react";
import styles from "./Columns.module.css";

type Widths = readonly (number | null)[];
type Props = {
  /** The column before it. */
  name: string;
  share: number;
  /** Widths of all columns now. */
  measure: () => Widths;
  /** `px` from where `before` was measured. */
  onMove: (before: Widths, px: number, done: boolean) => void;
  onReset: () => void;
};

const STEP_PX = 16;

/** The edge between two columns: dragged, moved with the arrow keys, reset by a double click or Enter. */
export function Separator({ name, share, measure, onMove, onReset }: Props) {
  const pressed = useRef(0);
  const onPointerDown = (down: PointerEvent<HTMLDivElement>) => {
    if (down.button !== 0) return;
    // The second press of a double click resets; a drag that begins with it would undo that.
    if (down.timeStamp - pressed.current < 350) return;
    pressed.current = down.timeStamp;
    const edge = down.currentTarget;
    const before = measure();
    let px = 0;
    let frame = 0;
    const tell = () => {
      frame = 0;
      onMove(before, px, false);
    };
    const move = (event: globalThis.PointerEvent) => {
      px = event.clientX - down.clientX;
      frame ||= requestAnimationFrame(tell);
    };
    const up = () => {
      edge.removeEventListener("pointermove", move);
      cancelAnimationFrame(frame);
      if (px !== 0) onMove(before, px, true);
    };
    edge.setPointerCapture(down.pointerId);
    edge.addEventListener("pointermove", move);
    edge.addEventListener("lostpointercapture", up, { once: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -STEP_PX, ArrowRight: STEP_PX }[event.key];
    if (by) onMove(measure(), by, true);
    else if (event.key === "Enter" || event.key === "Home") onReset();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      className={styles.separator}
      role="separator"
      aria-label={`Width of ${name}`}
      aria-orientation="vertical"
      aria-valuemin={0}
      aria-valuemax={800}
      aria-valuenow={Math.round(share * 100)}
      aria-valuetext={`${Math.round(share * 100)} % of an equal share`}
      title="Drag to resize, double click to reset"
      tabIndex={0}
      onPointerDown={onPointerDown}
      onDoubleClick={onReset}
      onKeyDown={onKeyDown}
    />
  );
}
