import type { KeyboardEvent, PointerEvent } from "react";
import { setPromptHeight, useComposerPreferences } from "./preferences";
import styles from "./Composer.module.css";

const LEAST_PX = 60;
const STEP_PX = 22;
const most = () => Math.round(innerHeight * 0.7);
const clamp = (px: number) => Math.min(most(), Math.max(LEAST_PX, Math.round(px)));

/** The upper edge of the prompt box: dragged, or moved with the arrow keys; a double click takes it back. */
export function Grip() {
  const height = useComposerPreferences((s) => s.promptHeight) ?? LEAST_PX;
  const keep = (px: number, done: boolean) => setPromptHeight(px <= LEAST_PX ? null : clamp(px), done);
  const onPointerDown = (down: PointerEvent<HTMLDivElement>) => {
    const grip = down.currentTarget;
    const from = down.clientY;
    // From what is seen: a long text may have made it higher than was asked.
    const seen = grip.parentElement?.querySelector(".cm-editor")?.getBoundingClientRect().height ?? height;
    let last = height;
    const move = (event: globalThis.PointerEvent) => keep((last = seen + from - event.clientY), false);
    const up = () => {
      grip.removeEventListener("pointermove", move);
      keep(last, true);
    };
    grip.setPointerCapture(down.pointerId);
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", up, { once: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowUp: STEP_PX, ArrowDown: -STEP_PX }[event.key];
    if (!by) return;
    event.preventDefault();
    keep(height + by, true);
  };
  return (
    <div
      className={styles.grip}
      role="separator"
      aria-label="Height of the prompt"
      aria-orientation="horizontal"
      aria-valuemin={LEAST_PX}
      aria-valuemax={most()}
      aria-valuenow={Math.min(most(), height)}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onDoubleClick={() => setPromptHeight(null, true)}
      onKeyDown={onKeyDown}
    />
  );
}
