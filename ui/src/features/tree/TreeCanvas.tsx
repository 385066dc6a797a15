import {
  useCallback,
  useEffect,
  useImperativeHandle,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
  type Ref,
} from "react";
import { ContextMenu } from "@/components/Menu";
import type { Actions } from "./actions";
import type { Marks } from "./draw";
import { BOX, hit, type Camera } from "./geometry";
import { moved, moves, standsFor } from "./keys";
import { at, NONE, type Tree } from "./model";
import { Stage } from "./Stage";
import type { Scene } from "./scene";
import { Twin } from "./Twin";
import styles from "./Tree.module.css";

export type Handle = {
  fit: () => void;
  zoom: (by: number) => void;
  zoomTo: (scale: number) => void;
  centre: (node: number) => void;
  focus: () => void;
};

type Props = {
  id: string;
  label: string;
  tree: Tree;
  scene: Scene;
  /** The node that the keyboard is at. */
  active: number;
  selected: ReadonlySet<number>;
  hits: ReadonlySet<number>;
  hit: number;
  folded: ReadonlySet<number>;
  preferred: ReadonlySet<number>;
  actions: Actions;
  onActive: (node: number) => void;
  onScale: (scale: number) => void;
  ref?: Ref<Handle>;
};

/** Pixels that a pointer moves before it drags. */
const DRAG_PX = 4;
const STEP = 1.25;
/** A wheel's notch, and a pinch, which sends many small ones. */
const WHEEL = { notch: 0.0015, pinch: 0.01 };

/** The tree on a canvas, with its twin for those who cannot see it, and a small map. */
export function TreeCanvas(p: Props) {
  const { scene, tree, active, selected, hits, onActive, onScale, actions, preferred } = p;
  const canvas = useRef<HTMLCanvasElement>(null);
  const map = useRef<HTMLCanvasElement>(null);
  const mapWindow = useRef<HTMLDivElement>(null);
  const twin = useRef<HTMLDivElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const stage = useRef<Stage | null>(null);
  const drag = useRef<{ x: number; y: number; camera: Camera; moving: boolean } | null>(null);
  const hover = useRef<number>(NONE);
  const [focused, setFocused] = useState(false);
  const [sight, setSight] = useState<{ camera: Camera; width: number; height: number } | null>(null);
  const { shown } = scene.plan;
  const item = standsFor(shown, active);

  useEffect(() => {
    if (!canvas.current || !map.current || !mapWindow.current || !twin.current) return;
    const made = new Stage({
      canvas: canvas.current,
      map: map.current,
      window: mapWindow.current,
      twin: twin.current,
      settled: (camera, width, height) => {
        setSight({ camera, width, height });
        onScale(camera.scale);
      },
    });
    stage.current = made;
    return () => {
      made.end();
      stage.current = null;
    };
  }, [onScale]);

  const marks: Marks = { active: item, hover: hover.current, focused, selected, hits, hit: p.hit };
  const latest = useRef(marks);
  useEffect(() => {
    latest.current = { ...marks, hover: hover.current };
    stage.current?.mark(latest.current);
  });
  useEffect(() => stage.current?.show(scene, active), [scene, active]);

  useImperativeHandle(p.ref, () => ({
    fit: () => stage.current?.fit(),
    zoom: (by) => stage.current?.zoom(by),
    zoomTo: (scale) => stage.current?.zoomTo(scale),
    centre: (node) => stage.current?.centre(standsFor(scene.plan.shown, node)),
    focus: () => host.current?.focus({ preventScroll: true }),
  }));

  // React listens to wheels without being able to stop the page from taking them.
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      const now = stage.current;
      if (!now) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 20;
      const [x, y] = [event.deltaX * lines, event.deltaY * lines];
      const { left, top } = element.getBoundingClientRect();
      // With Shift, or sideways, a wheel moves.
      if (event.shiftKey || Math.abs(x) > Math.abs(y)) {
        const { camera } = now;
        now.move({ ...camera, x: camera.x + (x || y) / camera.scale });
      } else
        now.zoom(
          Math.exp(-y * (event.ctrlKey ? WHEEL.pinch : WHEEL.notch)),
          event.clientX - left,
          event.clientY - top,
        );
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, []);

  const under = useCallback(
    (event: { clientX: number; clientY: number }): number => {
      const now = stage.current;
      const box = host.current?.getBoundingClientRect();
      return now && box
        ? hit(scene.plan, ...now.place(event.clientX - box.left, event.clientY - box.top))
        : NONE;
    },
    [scene],
  );

  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0 || !stage.current) return;
    drag.current = { x: event.clientX, y: event.clientY, camera: stage.current.camera, moving: false };
  };
  const onPointerMove = (event: PointerEvent) => {
    const from = drag.current;
    if (!from || event.buttons === 0) {
      const now = under(event);
      if (now === hover.current) return;
      hover.current = now;
      if (host.current) host.current.style.cursor = now === NONE ? "grab" : "default";
      stage.current?.mark({ ...latest.current, hover: now });
      return;
    }
    const [x, y] = [event.clientX - from.x, event.clientY - from.y];
    if (!from.moving && Math.hypot(x, y) < DRAG_PX) return;
    if (!from.moving) host.current?.setPointerCapture(event.pointerId);
    from.moving = true;
    const { camera } = from;
    stage.current?.move({ ...camera, x: camera.x - x / camera.scale, y: camera.y - y / camera.scale });
  };
  const onPointerUp = (event: PointerEvent) => {
    const from = drag.current;
    drag.current = null;
    if (!from || from.moving || event.button !== 0) return;
    const found = under(event);
    if (found === NONE) return;
    const node = at(shown.node, found);
    if (shown.pill[found]) return actions.fold(node);
    onActive(node);
    if (event.ctrlKey || event.metaKey || event.shiftKey) actions.toggleChosen(node);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const now = stage.current;
    if (!now || event.target !== host.current || event.altKey) return;
    const mod = event.ctrlKey || event.metaKey;
    const move = mod || event.shiftKey ? undefined : moves[event.key];
    if (move) {
      const to = item === NONE ? 0 : moved(tree, shown, item, move, preferred);
      if (shown.count > 0) {
        onActive(at(shown.node, to));
        now.reveal(to);
      }
    } else if (!nodeKey(event, mod) && !viewKey(event.key, mod, now)) return;
    event.preventDefault();
  };
  const nodeKey = ({ key, shiftKey }: KeyboardEvent, mod: boolean): boolean => {
    const node = item === NONE ? NONE : at(shown.node, item);
    if (key === "Enter" && mod) actions.openChosen();
    else if (mod || node === NONE) return false;
    else if (key === "Enter") actions.open(node);
    else if (key === " ") actions.toggleChosen(node);
    else if (key === "Delete") actions.remove(node);
    else if (key === "F2") actions.rename(node);
    else if (key === "ContextMenu" || (key === "F10" && shiftKey)) openMenu();
    else if (key === "C") actions.foldOthers();
    else if (shiftKey) return false;
    else if (key === "c") actions.fold(node);
    else if (key === "e") actions.unfoldAll();
    else if (key === "h") actions.hoist(node);
    else if (key === "b") actions.bookmark(node);
    else if (key === "f") actions.fork(node);
    else return false;
    return true;
  };
  const viewKey = (key: string, mod: boolean, now: Stage): boolean => {
    if (mod) return false;
    if (key === "+" || key === "=") now.zoom(STEP);
    else if (key === "-") now.zoom(1 / STEP);
    else if (key === "0") now.fit();
    else if (key === "1") now.zoomTo(1);
    else if (key === "Escape" && selected.size > 0) [...selected].forEach(actions.toggleChosen);
    else if (key === "Escape") actions.leaveHoist();
    else return false;
    return true;
  };
  /** The same menu as the right button's, at the node. */
  const openMenu = () => {
    const box = stage.current?.boxOf(item);
    const around = host.current?.getBoundingClientRect();
    if (!box || !around) return;
    host.current?.dispatchEvent(
      new MouseEvent("contextmenu", {
        bubbles: true,
        cancelable: true,
        clientX: around.left + Math.max(0, Math.min(around.width, box.left + 16)),
        clientY: around.top + Math.max(0, Math.min(around.height, box.top + BOX.height)),
      }),
    );
  };

  return (
    <div className={styles.stage}>
      <ContextMenu entries={item === NONE ? [] : actions.menu(at(shown.node, item))}>
        <div
          ref={host}
          className={styles.host}
          role="tree"
          aria-label={p.label}
          aria-multiselectable="true"
          aria-activedescendant={item === NONE ? undefined : `${p.id}-${item}`}
          aria-describedby={`${p.id}-keys`}
          tabIndex={0}
          onFocus={() => setFocused(true)}
          onBlur={() => setFocused(false)}
          onKeyDown={onKeyDown}
          onPointerDown={onPointerDown}
          onPointerMove={onPointerMove}
          onPointerUp={onPointerUp}
          onPointerLeave={() => {
            hover.current = NONE;
            stage.current?.mark({ ...latest.current, hover: NONE });
          }}
          onDoubleClick={(event) => {
            const found = under(event);
            if (found !== NONE && !shown.pill[found]) actions.open(at(shown.node, found));
          }}
          onContextMenu={(event) => {
            const found = event.isTrusted ? under(event) : item;
            if (found !== NONE) onActive(at(shown.node, found));
          }}
        >
          <canvas ref={canvas} className={styles.canvas} aria-hidden="true" />
          <Twin
            ref={twin}
            id={p.id}
            tree={tree}
            scene={scene}
            sight={sight}
            active={item}
            selected={selected}
            folded={p.folded}
          />
        </div>
      </ContextMenu>
      <p id={`${p.id}-keys`} className="srOnly">
        Up and down: what was said before and after. Left and right: other answers. Enter opens the line,
        Space selects.
      </p>
      <div
        className={styles.map}
        aria-hidden="true"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          goTo(event);
        }}
        onPointerMove={(event) => event.buttons !== 0 && goTo(event)}
      >
        <canvas ref={map} width={344} height={184} />
        <div ref={mapWindow} className={styles.window} />
      </div>
    </div>
  );

  function goTo(event: PointerEvent): void {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    stage.current?.goTo(event.clientX - left, event.clientY - top);
  }
}
