/** The window's colours, as a canvas needs them: resolved, and read again when the theme changes. */
import { hueOf } from "@/lib/hues";
import type { Target } from "@/ipc";

const NAMES = {
  bg: "--bg-0",
  panel: "--bg-1",
  line: "--line-strong",
  text: "--fg-0",
  second: "--fg-1",
  third: "--fg-2",
  accent: "--accent",
  accentText: "--accent-text",
  chosen: "--accent-soft",
  warn: "--warn",
  danger: "--danger",
} as const;

export type Look = Record<keyof typeof NAMES, string> & {
  /** As numbers, for pictures that are written pixel by pixel. */
  pixel: (colour: string) => number;
  /** A model's own. */
  model: (target: Target) => string;
};

const VARIABLE = /^var\((--[a-z0-9-]+)\)$/;

export function lookOf(element: Element = document.documentElement): Look {
  const style = getComputedStyle(element);
  const models = new Map<Target, string>();
  const pixels = new Map<string, number>();
  let pen: CanvasRenderingContext2D | null = null;
  const colours = Object.fromEntries(
    Object.entries(NAMES).map(([name, token]) => [name, style.getPropertyValue(token).trim()]),
  ) as Record<keyof typeof NAMES, string>;
  return {
    ...colours,
    model(target) {
      const known = models.get(target);
      if (known !== undefined) return known;
      const hue = hueOf(target);
      const token = VARIABLE.exec(hue)?.[1];
      const colour = token ? style.getPropertyValue(token).trim() : hue;
      models.set(target, colour);
      return colour;
    },
    pixel(colour) {
      const known = pixels.get(colour);
      if (known !== undefined) return known;
      if (!pen) {
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = 1;
        pen = canvas.getContext("2d", { willReadFrequently: true });
      }
      if (!pen) return 0;
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0, alpha = 255] = pen.getImageData(0, 0, 1, 1).data;
      const value = ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
      pixels.set(colour, value);
      return value;
    },
  };
}

/** Calls when the colours are others: another theme was chosen, or the system's changed. */
export function onLook(changed: () => void): () => void {
  const watcher = new MutationObserver(changed);
  watcher.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", changed);
  return () => {
    watcher.disconnect();
    dark.removeEventListener("change", changed);
  };
}
