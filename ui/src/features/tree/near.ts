/** The tree as boxes, lines and words on a canvas. What is out of sight costs nothing. */
import { shortName } from "@/lib/target";
import { BOX, inSight, linksInSight, xOf, yOf, type Plan, type Rect } from "./geometry";
import type { Look } from "./look";
import { at, has, NONE, roleOf, statusOf, targetOf } from "./model";
import type { Scene } from "./scene";
import { glyph } from "./glyphs";
import type { Marks } from "./draw";
import { held, wordsOf } from "./words";

/** Below this, words cannot be read: boxes are bars in their models' colours. */
const READABLE = 0.55;
const RADIUS = 6;
/** What is drawn of an item beside its box, and above and below it: its outline, and names. */
const OVER = 3;
const ABOVE = 20;
const FONT = "400 12.5px 'Inter Variable', Inter, system-ui, sans-serif";
const SMALL = "500 11px 'Inter Variable', Inter, system-ui, sans-serif";
const RIGHT_TO_LEFT = /^[^\p{L}]*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u;

type Pen = CanvasRenderingContext2D;

/** Words that fit, by font and room; forgotten when there are many. */
const cut = new Map<string, string>();

export function forgetCut(): void {
  cut.clear();
}

function fitted(pen: Pen, text: string, room: number): string {
  const key = `${pen.font}${room}${text}`;
  const known = cut.get(key);
  if (known !== undefined) return known;
  if (cut.size > 20_000) cut.clear();
  let fits = text;
  if (pen.measureText(text).width > room) {
    let low = 0;
    let high = text.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (pen.measureText(`${text.slice(0, middle).trimEnd()}…`).width <= room) low = middle;
      else high = middle - 1;
    }
    // No half of a letter that takes two places.
    const end = /[\ud800-\udbff]/.test(text[low - 1] ?? "") ? low - 1 : low;
    fits = `${text.slice(0, end).trimEnd()}…`;
  }
  cut.set(key, fits);
  return fits;
}

function write(pen: Pen, text: string, x: number, y: number, room: number): void {
  const turned = RIGHT_TO_LEFT.test(text);
  pen.direction = turned ? "rtl" : "ltr";
  pen.fillText(fitted(pen, text, room), turned ? x + room : x, y);
}

/** Draws what is in `rect`, whose upper left corner the pen has as its origin. */
export function paintNear(pen: Pen, scene: Scene, rect: Rect, scale: number, look: Look, marks: Marks): void {
  const { tree, plan, tags } = scene;
  const { shown } = plan;
  const readable = scale >= READABLE;
  // Places are taken relative to that corner first: far from the root, single precision would not do.
  const left = (i: number) => xOf(plan, i) - rect.x;
  const top = (i: number) => yOf(plan, i) - rect.y;

  paintLinks(pen, scene, rect, look);

  const items: number[] = [];
  inSight(plan, rect, (i) => {
    const [x, y] = [left(i), top(i)];
    const beside = x > rect.width + OVER || x + BOX.width + OVER < 0;
    if (!beside && y <= rect.height + ABOVE && y + BOX.height + ABOVE >= 0) items.push(i);
  });
  const box = (i: number) => {
    const radius = shown.pill[i] ? BOX.height / 2 : RADIUS;
    if (readable) pen.roundRect(left(i), top(i), BOX.width, BOX.height, radius);
    else pen.rect(left(i), top(i), BOX.width, BOX.height);
  };
  const pass = (which: (i: number) => boolean, done: () => void) => {
    pen.beginPath();
    let any = false;
    for (const i of items) if (which(i) && (any = true)) box(i);
    if (any) done();
  };
  const isUser = (i: number) => roleOf(tree, at(shown.node, i)) !== "assistant";
  const lit = (i: number) => !shown.pill[i] && scene.path[at(shown.node, i)] === 1;

  const fill = (colour: string) => () => {
    pen.fillStyle = colour;
    pen.fill();
  };
  const stroke =
    (colour: string, line = 1) =>
    () => {
      pen.strokeStyle = colour;
      pen.lineWidth = line;
      pen.stroke();
    };
  pass((i) => !isUser(i) || shown.pill[i] === 1, fill(look.bg));
  pass((i) => isUser(i) && !shown.pill[i], fill(look.panel));
  if (marks.selected.size > 0)
    pass((i) => !shown.pill[i] && marks.selected.has(at(shown.node, i)), fill(look.chosen));
  pass((i) => !shown.pill[i] && !lit(i), stroke(look.line));
  pass(lit, stroke(look.third, 1.25));
  pen.setLineDash([4, 3]);
  pass((i) => shown.pill[i] === 1, stroke(look.line));
  pen.setLineDash([]);
  if (marks.selected.size > 0)
    pass((i) => !shown.pill[i] && marks.selected.has(at(shown.node, i)), stroke(look.accent, 1.25));
  if (marks.hover !== NONE && marks.hover !== marks.active)
    pass((i) => i === marks.hover, stroke(look.second, 1.25));
  pass((i) => i === marks.active, stroke(marks.focused ? look.accent : look.second, 2));

  if (!readable) {
    for (const i of items) {
      if (shown.pill[i]) continue;
      const target = targetOf(tree, at(shown.node, i));
      pen.fillStyle = isUser(i) || !target ? (lit(i) ? look.second : look.line) : look.model(target);
      pen.fillRect(left(i) + 8, top(i) + 10, BOX.width - 16, 8);
    }
    paintHits(pen, items, scene, look, marks, left, top);
    return;
  }

  pen.textBaseline = "middle";
  pen.textAlign = "start";
  pen.font = FONT;
  for (const i of items) {
    const [x, y] = [left(i), top(i)];
    const node = at(shown.node, i);
    pen.fillStyle = lit(i) ? look.text : look.second;
    if (shown.pill[i]) {
      glyph(pen, "more", x + 9, y + 8, look.third);
      pen.fillStyle = look.second;
      write(pen, held(tree, node), x + 27, y + 14.5, BOX.width - 38);
      continue;
    }
    let room = BOX.width - 36;
    let right = x + BOX.width - 20;
    const status = statusOf(tree, node);
    if (status !== "complete") {
      paintStatus(pen, status, right, y + 8, look);
      right -= 17;
      room -= 17;
    }
    if (has(tree, node, "bookmark")) {
      glyph(pen, "bookmark", right, y + 8, look.accentText);
      room -= 17;
    }
    const target = targetOf(tree, node);
    if (has(tree, node, "merge")) glyph(pen, "merge", x + 8, y + 8, target ? look.model(target) : look.third);
    else if (isUser(i)) glyph(pen, roleOf(tree, node) === "user" ? "user" : "gear", x + 8, y + 8, look.third);
    else dot(pen, x + 14, y + 14, target ? look.model(target) : look.third, status === "failed");
    pen.fillStyle = lit(i) ? look.text : look.second;
    write(pen, wordsOf(tree, node), x + 27, y + 14.5, room);
  }
  paintHits(pen, items, scene, look, marks, left, top);

  pen.font = SMALL;
  for (const i of items) {
    const [x, y] = [left(i), top(i)];
    const target = shown.pill[i] ? null : targetOf(tree, at(shown.node, i));
    if (target) {
      pen.fillStyle = look.third;
      write(pen, shortName(target), x + 2, y + BOX.height + 8.5, BOX.width - 4);
    }
    const names = tags.get(i);
    if (!names) continue;
    const [tag] = names;
    if (!tag) continue;
    const colour = tag.head ? look.accentText : look.second;
    glyph(pen, "branch", x, y - 16, colour);
    pen.fillStyle = colour;
    const more = names.length > 1 ? ` +${names.length - 1}` : "";
    write(pen, tag.name + more, x + 16, y - 9.5, BOX.width - 16);
  }
}

function dot(pen: Pen, x: number, y: number, colour: string, ring: boolean): void {
  pen.beginPath();
  pen.arc(x, y, ring ? 3.25 : 4, 0, 7);
  if (ring) {
    pen.strokeStyle = colour;
    pen.lineWidth = 1.75;
    pen.stroke();
  } else {
    pen.fillStyle = colour;
    pen.fill();
  }
}

function paintStatus(pen: Pen, status: string, x: number, y: number, look: Look): void {
  if (status === "streaming") dot(pen, x + 6, y + 6, look.accent, false);
  else if (status === "failed") glyph(pen, "failed", x, y, look.danger);
  else glyph(pen, status === "interrupted" ? "interrupted" : "stopped", x, y, look.warn);
}

/** What was found: a line under its words; the hit that the reader stands at has it stronger. */
function paintHits(
  pen: Pen,
  items: readonly number[],
  { plan: { shown } }: Scene,
  look: Look,
  marks: Marks,
  left: (i: number) => number,
  top: (i: number) => number,
): void {
  if (marks.hits.size === 0) return;
  pen.fillStyle = look.warn;
  for (const i of items)
    if (!shown.pill[i] && marks.hits.has(at(shown.node, i)))
      pen.fillRect(left(i) + 27, top(i) + 22, BOX.width - 36, at(shown.node, i) === marks.hit ? 3 : 2);
}

function paintLinks(pen: Pen, scene: Scene, rect: Rect, look: Look): void {
  const { plan, line, joins } = scene;
  const { shown, layout, step, way } = plan;
  const across = way === "across";
  const gap = step.rank - (across ? BOX.width : BOX.height);
  // Drawn in two directions: `a` along the conversation, `b` across it.
  const to = (a: number, b: number) => (across ? pen.lineTo(a, b) : pen.lineTo(b, a));
  const from = (a: number, b: number) => (across ? pen.moveTo(a, b) : pen.moveTo(b, a));
  const round = (a: number, b: number, a2: number, b2: number) =>
    across ? pen.quadraticCurveTo(a, b, a2, b2) : pen.quadraticCurveTo(b, a, b2, a2);
  const begin = (i: number) => (across ? xOf(plan, i) - rect.x : yOf(plan, i) - rect.y);
  const size = across ? BOX.width : BOX.height;
  const middle = (i: number) =>
    across ? yOf(plan, i) - rect.y + BOX.height / 2 : xOf(plan, i) - rect.x + BOX.width / 2;

  pen.beginPath();
  linksInSight(plan, rect, {
    into(i, isFirst, isLast) {
      const [a, b] = [begin(i), middle(i)];
      const bend = isFirst === isLast ? 0 : isFirst ? RADIUS : -RADIUS;
      from(a - gap / 2, b + bend);
      if (bend !== 0) round(a - gap / 2, b, a - gap / 2 + RADIUS, b);
      to(a, b);
    },
    along(before, i) {
      from(begin(i) - gap / 2, middle(before) + (shown.before[before] === NONE ? RADIUS : 0));
      to(
        begin(i) - gap / 2,
        middle(i) -
          (at(shown.end, i) < shown.count && shown.up[at(shown.end, i)] === shown.up[i] ? 0 : RADIUS),
      );
    },
    out(i) {
      from(begin(i) + size, middle(i));
      to(begin(i) + size + gap / 2, middle(i));
    },
  });
  for (const join of joins) {
    const [a, b, a2, b2] = [begin(join.from) + size, middle(join.from), begin(join.to), middle(join.to)];
    const reachOut = Math.max(gap, Math.abs(a2 - a) / 3);
    if (!crosses(join, plan, rect)) continue;
    from(a, b);
    if (across) pen.bezierCurveTo(a + reachOut, b, a2 - reachOut, b2, a2, b2);
    else pen.bezierCurveTo(b, a + reachOut, b2, a2 - reachOut, b2, a2);
  }
  pen.strokeStyle = look.line;
  pen.lineWidth = 1.25;
  pen.stroke();

  // The line to the head, over the others.
  const first = Math.max(1, Math.floor((across ? rect.x : rect.y) / step.rank));
  const last = Math.ceil(((across ? rect.x + rect.width : rect.y + rect.height) + gap) / step.rank);
  pen.beginPath();
  for (let r = first; r <= Math.min(last, layout.ranks - 1); r++) {
    const i = at(line, r);
    const up = i === NONE ? NONE : at(shown.up, i);
    if (up === NONE) continue;
    const [edge, b0, b1] = [begin(i) - gap / 2, middle(up), middle(i)];
    const bend = Math.min(RADIUS, Math.abs(b1 - b0) / 2) * Math.sign(b1 - b0);
    from(begin(up) + size, b0);
    if (bend === 0) to(begin(i), b1);
    else {
      to(edge - Math.abs(bend), b0);
      round(edge, b0, edge, b0 + bend);
      to(edge, b1 - bend);
      round(edge, b1, edge + Math.abs(bend), b1);
      to(begin(i), b1);
    }
  }
  pen.strokeStyle = look.second;
  pen.lineWidth = 1.75;
  pen.stroke();
}

function crosses(
  { from, to }: { from: number; to: number },
  plan: Plan,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
): boolean {
  const [x0, x1, y0, y1] = [xOf(plan, from), xOf(plan, to), yOf(plan, from), yOf(plan, to)];
  return (
    Math.min(x0, x1) < x + width &&
    Math.max(x0, x1) + BOX.width > x &&
    Math.min(y0, y1) < y + height &&
    Math.max(y0, y1) + BOX.height > y
  );
}
