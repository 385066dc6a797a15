/** The few signs that stand in boxes, 12 pixels wide each, drawn here: a canvas has no icons. */

type Sign = "user" | "gear" | "merge" | "branch" | "bookmark" | "failed" | "interrupted" | "stopped" | "more";

const shapes: Record<Sign, (pen: CanvasRenderingContext2D) => void> = {
  user(pen) {
    pen.moveTo(8.25, 3.5);
    pen.arc(6, 3.5, 2.25, 0, 7);
    pen.moveTo(2, 11);
    pen.bezierCurveTo(2, 6.9, 10, 6.9, 10, 11);
  },
  gear(pen) {
    pen.rect(1.5, 2.5, 9, 7);
    pen.moveTo(3.5, 5);
    pen.lineTo(5, 6.2);
    pen.lineTo(3.5, 7.4);
  },
  merge(pen) {
    pen.moveTo(4.5, 2.5);
    pen.arc(3, 2.5, 1.5, 0, 7);
    pen.moveTo(4.5, 9.5);
    pen.arc(3, 9.5, 1.5, 0, 7);
    pen.moveTo(10.5, 6);
    pen.arc(9, 6, 1.5, 0, 7);
    pen.moveTo(4.5, 2.5);
    pen.bezierCurveTo(6.5, 2.5, 5.5, 6, 7.5, 6);
    pen.moveTo(4.5, 9.5);
    pen.bezierCurveTo(6.5, 9.5, 5.5, 6, 7.5, 6);
  },
  branch(pen) {
    pen.moveTo(3, 1);
    pen.lineTo(3, 7.5);
    pen.moveTo(4.5, 9);
    pen.arc(3, 9, 1.5, 0, 7);
    pen.moveTo(10.5, 3);
    pen.arc(9, 3, 1.5, 0, 7);
    pen.moveTo(9, 4.5);
    pen.bezierCurveTo(9, 7, 6.5, 8.5, 4.5, 9);
  },
  bookmark(pen) {
    pen.moveTo(3, 1);
    pen.lineTo(9, 1);
    pen.lineTo(9, 11);
    pen.lineTo(6, 8.75);
    pen.lineTo(3, 11);
    pen.closePath();
  },
  failed(pen) {
    pen.moveTo(11, 6);
    pen.arc(6, 6, 5, 0, 7);
    pen.moveTo(4.2, 4.2);
    pen.lineTo(7.8, 7.8);
    pen.moveTo(7.8, 4.2);
    pen.lineTo(4.2, 7.8);
  },
  interrupted(pen) {
    pen.moveTo(6, 1.5);
    pen.lineTo(11, 10.5);
    pen.lineTo(1, 10.5);
    pen.closePath();
    pen.moveTo(6, 4.8);
    pen.lineTo(6, 7.3);
    pen.moveTo(6, 8.8);
    pen.lineTo(6, 9.1);
  },
  stopped(pen) {
    pen.rect(2.5, 2.5, 7, 7);
  },
  more(pen) {
    pen.moveTo(6, 2);
    pen.lineTo(6, 10);
    pen.moveTo(2, 6);
    pen.lineTo(10, 6);
  },
};

export function glyph(pen: CanvasRenderingContext2D, sign: Sign, x: number, y: number, colour: string): void {
  pen.save();
  pen.translate(x, y);
  pen.beginPath();
  shapes[sign](pen);
  pen.lineWidth = 1.1;
  if (sign === "bookmark") {
    pen.fillStyle = colour;
    pen.fill();
  } else {
    pen.strokeStyle = colour;
    pen.stroke();
  }
  pen.restore();
}
