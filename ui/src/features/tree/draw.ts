/** Draws a scene on a canvas: as boxes with words from near, as a picture of pixels from afar. */
import { FAR, paintFar, type Picture } from "./far";
import { BOX, seen, xOf, yOf, type Camera } from "./geometry";
import type { Look } from "./look";
import { at, NONE, roleOf, targetOf } from "./model";
import { paintNear } from "./near";
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
  width: number;
  height: number;
  /** Pixels of the screen for one of the page. */
  density: number;
};

export function draw(
  { pen, width, height, density }: Surface,
  scene: Scene,
  camera: Camera,
  look: Look,
  marks: Marks,
) {
  pen.setTransform(1, 0, 0, 1, 0, 0);
  if (camera.scale >= FAR) {
    pen.fillStyle = look.bg;
    pen.fillRect(0, 0, width * density, height * density);
    const scale = camera.scale * density;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    paintNear(pen, scene, camera, width, height, look, marks);
    return;
  }
  const picture = pictureFor(
    pen,
    Math.ceil(width * density),
    Math.ceil(height * density),
    look.pixel(look.bg),
  );
  const scale = camera.scale * density;
  const lens = { x: camera.x, y: camera.y, across: scale, down: scale };
  paintFar(
    picture,
    scene.plan,
    lens,
    seen(camera, width, height),
    colours(scene, look, marks),
    look.pixel(look.line),
  );
  pen.putImageData(picture.data, 0, 0);
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

let kept: (Picture & { data: ImageData }) | undefined;

/** One picture for all: making one of this size takes longer than wiping it. */
function pictureFor(pen: CanvasRenderingContext2D, width: number, height: number, colour: number) {
  if (kept?.width !== width || kept.height !== height) {
    const data = pen.createImageData(width, height);
    kept = { data, pixels: new Uint32Array(data.data.buffer), width, height };
  }
  kept.pixels.fill(colour);
  return kept;
}
