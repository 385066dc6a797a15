/** A canvas and its small map, and the camera over them. It draws when something has changed, once a frame at most. */
import { colours, draw, type Marks } from "./draw";
import { paintFar } from "./far";
import {
  centred,
  fit,
  LARGEST,
  revealing,
  seen,
  smallest,
  xOf,
  yOf,
  zoomed,
  type Camera,
  type Plan,
} from "./geometry";
import { Kept } from "./kept";
import { lookOf, onLook, type Look } from "./look";
import { at, headOf, NONE } from "./model";
import { forgetCut } from "./near";
import type { Scene } from "./scene";
import { standsFor } from "./keys";

/** After the last movement, until what is beside the canvas follows. */
const SETTLED_MS = 120;
/** As small as the first look at a tree may be and still show all of it. */
const LEGIBLE = 0.6;
/** Pixels of the tree that stay in sight, wherever it is dragged. */
const IN_SIGHT = 60;

type Parts = {
  canvas: HTMLCanvasElement;
  map: HTMLCanvasElement;
  /** What of the map is in sight. */
  window: HTMLElement;
  /** Moves with the camera. */
  twin: HTMLElement;
  settled: (camera: Camera, width: number, height: number) => void;
};

export class Stage {
  camera: Camera = { x: 0, y: 0, scale: 1 };
  width = 0;
  height = 0;
  private scene: Scene | null = null;
  private marks: Marks | null = null;
  private look: Look;
  private pen: CanvasRenderingContext2D | null;
  private frame = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly kept = new Kept();
  private mapStale = true;
  private moving = false;
  private sharp = true;
  /** Where the camera was when what lies over the canvas was placed. */
  private placed: Camera = this.camera;
  private readonly unwatch: () => void;
  private readonly sizes: ResizeObserver;

  constructor(private readonly parts: Parts) {
    this.pen = parts.canvas.getContext("2d", { alpha: false });
    this.look = lookOf();
    this.unwatch = onLook(() => {
      this.look = lookOf();
      this.mapStale = true;
      this.soon();
    });
    this.sizes = new ResizeObserver(([entry]) => entry && this.resize(entry.contentRect));
    this.sizes.observe(parts.canvas);
    // Words are measured with the fonts that are there; those that come later are other ones.
    void document.fonts?.ready.then(() => {
      forgetCut();
      this.kept.forget();
      this.soon();
    });
  }

  end(): void {
    this.unwatch();
    this.sizes.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
  }

  private resize({ width, height }: { width: number; height: number }): void {
    if (width === 0 || height === 0) return;
    const first = this.width === 0;
    this.width = width;
    this.height = height;
    const density = devicePixelRatio || 1;
    this.parts.canvas.width = Math.round(width * density);
    this.parts.canvas.height = Math.round(height * density);
    if (first) this.begin();
    this.settle();
    this.paint();
  }

  /** Shows a scene. What `anchor` stands for stays where it is on the screen. */
  show(scene: Scene, anchor: number): void {
    const { scene: before, camera } = this;
    if (before === scene) return;
    this.scene = scene;
    if (!before) this.begin();
    else if (before.plan !== scene.plan) {
      const was = standsFor(before.plan.shown, anchor);
      const is = standsFor(scene.plan.shown, anchor);
      if (before.plan.way !== scene.plan.way && is !== NONE)
        this.camera = centred(scene.plan, is, camera.scale, this.width, this.height);
      else if (was !== NONE && is !== NONE)
        this.camera = {
          ...camera,
          x: camera.x + xOf(scene.plan, is) - xOf(before.plan, was),
          y: camera.y + yOf(scene.plan, is) - yOf(before.plan, was),
        };
      this.camera = this.held(this.camera);
    }
    this.mapStale = true;
    this.soon();
    this.settle();
  }

  mark(marks: Marks): void {
    const before = this.marks;
    this.marks = marks;
    if (before?.hits !== marks.hits || before.selected !== marks.selected) this.mapStale = true;
    this.soon();
  }

  /** At the beginning: all of it where that can be read, else where the conversation stands. */
  private begin(): void {
    const { scene, width, height } = this;
    if (!scene || width === 0) return;
    const whole = fit(scene.plan, width, height);
    const head = standsFor(scene.plan.shown, headOf(scene.tree)?.tip ?? NONE);
    this.camera =
      whole.scale >= LEGIBLE || scene.plan.shown.count === 0
        ? whole
        : centred(scene.plan, Math.max(head, 0), 1, width, height);
  }

  move(camera: Camera): void {
    this.moving = true;
    this.camera = this.held(camera);
    this.soon();
    this.settle();
  }

  /** Something of the tree is always in sight. */
  private held(camera: Camera): Camera {
    if (!this.scene || this.width === 0) return camera;
    const { plan } = this.scene;
    const scale = Math.min(LARGEST, Math.max(smallest(plan, this.width, this.height), camera.scale));
    const [w, h] = [this.width / scale, this.height / scale];
    const marginX = Math.min(IN_SIGHT / scale, w / 3, plan.width);
    const marginY = Math.min(IN_SIGHT / scale, h / 3, plan.height);
    return {
      scale,
      x: Math.min(plan.width - marginX, Math.max(marginX - w, camera.x)),
      y: Math.min(plan.height - marginY, Math.max(marginY - h, camera.y)),
    };
  }

  zoom(by: number, x = this.width / 2, y = this.height / 2): void {
    if (!this.scene) return;
    const least = smallest(this.scene.plan, this.width, this.height);
    const scale = Math.min(LARGEST, Math.max(least, this.camera.scale * by));
    this.move(zoomed(this.camera, scale, x, y));
  }

  zoomTo(scale: number): void {
    this.zoom(scale / this.camera.scale);
  }

  fit(): void {
    if (this.scene) this.move(fit(this.scene.plan, this.width, this.height));
  }

  reveal(item: number): void {
    if (this.scene && item !== NONE && this.width > 0)
      this.move(revealing(this.camera, this.scene.plan, item, this.width, this.height));
  }

  centre(item: number): void {
    if (this.scene && item !== NONE)
      this.move(
        centred(this.scene.plan, item, Math.max(this.camera.scale, LEGIBLE), this.width, this.height),
      );
  }

  /** A place of the canvas as one of the drawing. */
  place(x: number, y: number): [number, number] {
    return [this.camera.x + x / this.camera.scale, this.camera.y + y / this.camera.scale];
  }

  /** Looks at a place of the map. */
  goTo(left: number, top: number): void {
    if (!this.scene) return;
    const { map } = this.parts;
    const { across, down, edge } = mapLens(this.scene.plan, map.clientWidth, map.clientHeight);
    const { width, height } = seen(this.camera, this.width, this.height);
    this.move({
      ...this.camera,
      x: (left - edge) / across - width / 2,
      y: (top - edge) / down - height / 2,
    });
  }

  private soon(): void {
    this.frame ||= requestAnimationFrame(() => this.paint());
  }

  private paint(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { pen, scene, marks, width, camera, parts } = this;
    if (!pen || !scene || !marks || width === 0) return;
    const density = parts.canvas.width / width;
    this.sharp = draw({ pen, density }, scene, camera, this.look, marks, this.moving, this.kept);
    if (this.mapStale) this.paintMap(scene, marks);
    this.placeWindow(scene);
    const ratio = camera.scale / this.placed.scale;
    const [x, y] = [(this.placed.x - camera.x) * camera.scale, (this.placed.y - camera.y) * camera.scale];
    parts.twin.style.transform = `translate(${x}px, ${y}px) scale(${ratio})`;
  }

  private paintMap(scene: Scene, marks: Marks): void {
    this.mapStale = false;
    const { map } = this.parts;
    const pen = map.getContext("2d");
    const { plan } = scene;
    if (!pen) return;
    const data = pen.createImageData(map.width, map.height);
    const picture = {
      pixels: new Uint32Array(data.data.buffer),
      width: map.width,
      height: map.height,
    };
    const { across, down, edge } = mapLens(plan, map.width, map.height);
    const lens = { across, down, x: -edge / across, y: -edge / down };
    const all = { x: 0, y: 0, width: plan.width, height: plan.height };
    paintFar(picture, plan, lens, all, colours(scene, this.look, marks), this.look.pixel(this.look.line));
    pen.putImageData(data, 0, 0);
  }

  private placeWindow({ plan }: Scene): void {
    const { map, window } = this.parts;
    const [w, h] = [map.clientWidth, map.clientHeight];
    if (w === 0) return;
    const { across, down, edge } = mapLens(plan, w, h);
    const rect = seen(this.camera, this.width, this.height);
    const left = Math.max(0, edge + rect.x * across);
    const top = Math.max(0, edge + rect.y * down);
    const right = Math.min(w, edge + (rect.x + rect.width) * across);
    const bottom = Math.min(h, edge + (rect.y + rect.height) * down);
    const { style } = window;
    style.transform = `translate(${left}px, ${top}px)`;
    style.width = `${Math.max(4, right - left)}px`;
    style.height = `${Math.max(4, bottom - top)}px`;
  }

  private settle(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.moving = false;
      if (!this.sharp) this.soon();
      this.placed = this.camera;
      this.parts.twin.style.transform = "";
      this.parts.settled(this.camera, this.width, this.height);
    }, SETTLED_MS);
  }

  /** Where an item's box stands on the canvas. */
  boxOf(item: number): { left: number; top: number } | null {
    if (!this.scene || item === NONE || item >= this.scene.plan.shown.count) return null;
    const { plan } = this.scene;
    const { x, y, scale } = this.camera;
    return { left: (xOf(plan, item) - x) * scale, top: (yOf(plan, item) - y) * scale };
  }

  nodeAt(item: number): number {
    return this.scene && item !== NONE ? at(this.scene.plan.shown.node, item) : NONE;
  }
}

/** The map shows everything, each direction by itself, and small trees no larger than a map should. */
function mapLens({ width, height }: Plan, w: number, h: number) {
  const edge = w / 43;
  const most = w / 900;
  return {
    across: Math.min((w - 2 * edge) / width, most),
    down: Math.min((h - 2 * edge) / height, most),
    edge,
  };
}
