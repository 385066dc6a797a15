/** Draws a scene on a canvas: as boxes with words from near, as a picture of pixels from afar. */
import type { Kept } from "./kept";
import { FAR, paintFar, type Picture } from "./far";
import { BOX, xOf, yOf, type Camera } from "./geometry";
import type { Look } from "./look";
import { at, NONE, roleOf, targetOf } from "./model";
import type { Scene } from "./scene";

/** What the reader did: by node, or by item where it is about what is shown. */
export type Marks = {
  active: number;
  hover: number;
  focused: boolean;
  selected: ReadonlySet<number>;
  hits: ReadonlySet<number>;
  /** The hit that the reader stands at, as a node. */
  hit: number;
};

export type Surface = {
  pen: CanvasRenderingContext2D;
  /** Pixels of the screen for one of the page. */
  density: number;
};

/** Whether it is as it should be: what moves may be shown as it was last seen, until it rests. */
export function draw(
  surface: Surface,
  scene: Scene,
  camera: Camera,
  look: Look,
  marks: Marks,
  moving: boolean,
  kept: Kept,
): boolean {
  const { pen, density } = surface;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  if (camera.scale >= FAR) return kept.draw(surface, { scene, look, marks }, camera, moving);
  const scale = camera.scale * density;
  const sharp = drawFar(pen, scene, camera, scale, look, marks, moving);
  if (marks.active !== NONE) {
    const { plan } = scene;
    const size = [Math.max(BOX.width * scale, 6), Math.max(BOX.height * scale, 6)] as const;
    pen.strokeStyle = look.accent;
    pen.lineWidth = 2;
    pen.strokeRect(
      (xOf(plan, marks.active) + BOX.width / 2 - camera.x) * scale - size[0] / 2 - 2,
      (yOf(plan, marks.active) + BOX.height / 2 - camera.y) * scale - size[1] / 2 - 2,
      size[0] + 4,
      size[1] + 4,
    );
  }
  return sharp;
}

/** From afar: what is found and chosen first, then the active path, then the models. */
export function colours(
  { tree, path: onPath, plan: { shown } }: Scene,
  look: Look,
  marks?: Marks,
): (item: number) => number {
  const models = tree.targets.map((target) => look.pixel(look.model(target)));
  const [path, line, hit, chosen] = [look.second, look.line, look.warn, look.accent].map(look.pixel) as [
    number,
    number,
    number,
    number,
  ];
  return (item) => {
    const node = at(shown.node, item);
    if (shown.pill[item]) return line;
    if (marks?.hits.has(node)) return hit;
    if (marks?.selected.has(node)) return chosen;
    if (onPath[node]) return path;
    const model = at(tree.models, node);
    return roleOf(tree, node) === "assistant" && targetOf(tree, node) ? (models[model] ?? line) : line;
  };
}

/** The last look from afar, with some room around what was in sight. */
type Seen = {
  canvas: HTMLCanvasElement;
  pen: CanvasRenderingContext2D;
  picture: Picture & { data: ImageData };
  scene: Scene;
  look: Look;
  hits: Marks["hits"];
  selected: Marks["selected"];
  /** Its upper left corner, and pixels for one of the drawing. */
  x: number;
  y: number;
  scale: number;
};
let last: Seen | undefined;

/** Of the canvas, at each side. */
const ROOM = 0.25;
/** What is shown larger or smaller than it was drawn, at most. */
const STRETCH = 2;

function drawFar(
  pen: CanvasRenderingContext2D,
  scene: Scene,
  camera: Camera,
  scale: number,
  look: Look,
  marks: Marks,
  moving: boolean,
): boolean {
  const { width, height } = pen.canvas;
  const same =
    last?.scene === scene &&
    last.look === look &&
    last.hits === marks.hits &&
    last.selected === marks.selected;
  const ratio = last && same ? scale / last.scale : 0;
  const good =
    last &&
    (ratio === 1
      ? covers(last, scene, camera, width, height)
      : moving && ratio > 1 / STRETCH && ratio < STRETCH);
  const now = last && good ? last : (last = lookAgain(pen, scene, camera, scale, look, marks));
  const by = scale / now.scale;
  pen.fillStyle = look.bg;
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingEnabled = by !== 1;
  pen.drawImage(
    now.canvas,
    Math.round((now.x - camera.x) * scale),
    Math.round((now.y - camera.y) * scale),
    now.canvas.width * by,
    now.canvas.height * by,
  );
  return by === 1;
}

/** Whether all of the tree that is in sight is on the picture. */
function covers(seen: Seen, { plan }: Scene, camera: Camera, width: number, height: number): boolean {
  return (
    Math.max(camera.x, 0) >= Math.min(seen.x, plan.width) - 1 &&
    Math.max(camera.y, 0) >= Math.min(seen.y, plan.height) - 1 &&
    Math.min(camera.x + width / seen.scale, plan.width) <= seen.x + seen.canvas.width / seen.scale + 1 &&
    Math.min(camera.y + height / seen.scale, plan.height) <= seen.y + seen.canvas.height / seen.scale + 1
  );
}

function lookAgain(
  pen: CanvasRenderingContext2D,
  scene: Scene,
  camera: Camera,
  scale: number,
  look: Look,
  marks: Marks,
): Seen {
  const { hits, selected } = marks;
  const width = Math.ceil(pen.canvas.width * (1 + 2 * ROOM));
  const height = Math.ceil(pen.canvas.height * (1 + 2 * ROOM));
  const { canvas, pen: into, picture } = last ?? sheet();
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    picture.data = into.createImageData(width, height);
    picture.pixels = new Uint32Array(picture.data.data.buffer);
    picture.width = width;
    picture.height = height;
  }
  picture.pixels.fill(look.pixel(look.bg));
  const x = camera.x - (pen.canvas.width * ROOM) / scale;
  const y = camera.y - (pen.canvas.height * ROOM) / scale;
  const rect = { x, y, width: width / scale, height: height / scale };
  const lens = { x, y, across: scale, down: scale };
  paintFar(picture, scene.plan, lens, rect, colours(scene, look, marks), look.pixel(look.line));
  into.putImageData(picture.data, 0, 0);
  return { canvas, pen: into, picture, scene, look, hits, selected, x, y, scale };
}

/** One for all: making one of this size takes longer than wiping it. */
function sheet(): Pick<Seen, "canvas" | "pen" | "picture"> {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { alpha: false });
  if (!pen) throw new Error("the web view gives no canvas to draw on");
  const data = pen.createImageData(1, 1);
  const picture = { data, pixels: new Uint32Array(data.data.buffer), width: 1, height: 1 };
  return { canvas, pen, picture };
}
