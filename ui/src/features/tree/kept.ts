/**
 * What was drawn from near, kept: words and lines are what takes time. A movement shifts it and draws what came into
 * sight, a zoom stretches it and draws the sharp one piece by piece, and another mark draws the boxes it is about.
 */
import { BOX, xOf, yOf, type Camera } from "./geometry";
import type { Look } from "./look";
import { NONE } from "./model";
import { paintNear } from "./near";
import type { Scene } from "./scene";
import type { Marks, Surface } from "./draw";

type Sheet = {
  canvas: HTMLCanvasElement;
  pen: CanvasRenderingContext2D;
  /** Its upper left corner in the drawing, and pixels for one of it. */
  x: number;
  y: number;
  scale: number;
};
type Subject = { scene: Scene; look: Look; marks: Marks };

/** As many pieces a sharp picture has, one in a frame, while what is seen grows or shrinks. */
const PIECES = 8;
/** What is shown larger or smaller than it was drawn, at most. */
const STRETCH = 2;
/** Around a box, for its outline. */
const OUTLINE = 3;

export class Kept {
  private front: Sheet | null = null;
  private back: Sheet | null = null;
  private subject: Subject | null = null;
  /** How much of the back is drawn, from above; 0 while it is not being drawn. */
  private grown = 0;
  private density = 1;

  forget(): void {
    this.subject = null;
  }

  /** Whether it is as it should be. */
  draw({ pen, density }: Surface, subject: Subject, camera: Camera, moving: boolean): boolean {
    const { width, height } = pen.canvas;
    const scale = camera.scale * density;
    const before = this.subject;
    const front = this.front;
    const usable =
      front !== null &&
      before?.scene === subject.scene &&
      before.look === subject.look &&
      before.marks.selected === subject.marks.selected &&
      before.marks.hits === subject.marks.hits &&
      before.marks.hit === subject.marks.hit &&
      this.density === density &&
      front.canvas.width === width &&
      front.canvas.height === height;
    this.subject = subject;
    this.density = density;
    const ratio = usable ? scale / front.scale : 0;
    if (usable && ratio === 1) this.shift(front, camera, before?.marks);
    else if (usable && moving && ratio > 1 / STRETCH && ratio < STRETCH) {
      this.grow(camera, scale, width, height);
      return this.stretch(pen, subject.look, camera, scale);
    } else {
      this.front = this.sheet(this.front, width, height, camera, scale);
      this.grown = 0;
      this.patch(this.front, 0, 0, width, height);
    }
    if (this.front) pen.drawImage(this.front.canvas, 0, 0);
    return true;
  }

  /** The camera went on by whole pixels: less than one is not seen. */
  private shift(front: Sheet, camera: Camera, before: Marks | undefined): void {
    this.grown = 0;
    const { width, height } = front.canvas;
    const right = Math.round((camera.x - front.x) * front.scale);
    const down = Math.round((camera.y - front.y) * front.scale);
    let now = front;
    if (right !== 0 || down !== 0) {
      const corner = { x: front.x + right / front.scale, y: front.y + down / front.scale };
      now = this.sheet(this.back, width, height, corner, front.scale);
      if (Math.abs(right) >= width || Math.abs(down) >= height) this.patch(now, 0, 0, width, height);
      else {
        now.pen.setTransform(1, 0, 0, 1, 0, 0);
        now.pen.drawImage(front.canvas, -right, -down);
        if (right !== 0) this.patch(now, right > 0 ? width - right : 0, 0, Math.abs(right), height);
        if (down !== 0) this.patch(now, 0, down > 0 ? height - down : 0, width, Math.abs(down));
      }
      this.back = front;
      this.front = now;
    }
    const marks = this.subject?.marks;
    if (!before || !marks || before === marks) return;
    const others = new Set<number>();
    if (before.hover !== marks.hover) others.add(before.hover).add(marks.hover);
    if (before.active !== marks.active || before.focused !== marks.focused)
      others.add(before.active).add(marks.active);
    for (const item of others) if (item !== NONE) this.patchBox(now, item);
  }

  private patchBox(sheet: Sheet, item: number): void {
    const { plan } = this.subject?.scene ?? {};
    if (!plan || item >= plan.shown.count) return;
    const { width, height } = sheet.canvas;
    const left = Math.max(0, Math.floor((xOf(plan, item) - OUTLINE - sheet.x) * sheet.scale));
    const top = Math.max(0, Math.floor((yOf(plan, item) - OUTLINE - sheet.y) * sheet.scale));
    const right = Math.ceil((xOf(plan, item) + BOX.width + OUTLINE - sheet.x) * sheet.scale);
    const bottom = Math.ceil((yOf(plan, item) + BOX.height + OUTLINE - sheet.y) * sheet.scale);
    this.patch(sheet, left, top, Math.min(right, width) - left, Math.min(bottom, height) - top);
  }

  /** Draws a part of a sheet, in its pixels. */
  private patch(sheet: Sheet, left: number, top: number, width: number, height: number): void {
    if (!this.subject || width <= 0 || height <= 0) return;
    const { pen, scale } = sheet;
    const { scene, look, marks } = this.subject;
    pen.save();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.beginPath();
    pen.rect(left, top, width, height);
    pen.clip();
    pen.fillStyle = look.bg;
    pen.fillRect(left, top, width, height);
    pen.setTransform(scale, 0, 0, scale, left, top);
    const part = {
      x: sheet.x + left / scale,
      y: sheet.y + top / scale,
      width: width / scale,
      height: height / scale,
    };
    paintNear(pen, scene, part, scale / this.density, look, marks);
    pen.restore();
  }

  private grow(camera: Camera, scale: number, width: number, height: number): void {
    if (this.grown === 0) this.back = this.sheet(this.back, width, height, camera, scale);
    const { back } = this;
    if (!back) return;
    const piece = Math.ceil(height / PIECES);
    this.patch(back, 0, this.grown, width, Math.min(piece, height - this.grown));
    this.grown += piece;
    if (this.grown < height) return;
    this.grown = 0;
    [this.front, this.back] = [back, this.front];
  }

  private stretch(pen: CanvasRenderingContext2D, look: Look, camera: Camera, scale: number): boolean {
    const { front } = this;
    if (!front) return false;
    const by = scale / front.scale;
    pen.fillStyle = look.bg;
    pen.fillRect(0, 0, pen.canvas.width, pen.canvas.height);
    pen.drawImage(
      front.canvas,
      (front.x - camera.x) * scale,
      (front.y - camera.y) * scale,
      front.canvas.width * by,
      front.canvas.height * by,
    );
    return false;
  }

  private sheet(
    known: Sheet | null,
    width: number,
    height: number,
    { x, y }: { x: number; y: number },
    scale: number,
  ): Sheet {
    const canvas = known?.canvas ?? document.createElement("canvas");
    const pen = known?.pen ?? canvas.getContext("2d", { alpha: false });
    if (!pen) throw new Error("the web view gives no canvas to draw on");
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    return { canvas, pen, x, y, scale };
  }
}
