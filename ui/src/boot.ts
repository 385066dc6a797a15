/** The page's first frame is on the screen before the program behind it, or its style, is even read. */
import inter from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url";

/** A window that is not shown paints nothing; its program is read all the same. */
const PAINT_MS = 120;

let begun = false;
function begin(): void {
  if (begun) return;
  begun = true;
  const styled = style();
  void import("./main").then(({ start }) => start(styled));
}

/** The style sheet is there, or cannot be had. While developing there is none: styles come with their scripts. */
function style(): Promise<unknown> {
  const sheet = document.querySelector<HTMLLinkElement>("link[rel=stylesheet]");
  // The face that nearly every word is set in; the style sheet would ask for it later.
  const face = Object.assign(document.createElement("link"), { rel: "preload", as: "font", href: inter });
  face.crossOrigin = "";
  document.head.append(face);
  if (!sheet) return Promise.resolve();
  return new Promise((done) => {
    sheet.onload = sheet.onerror = done;
    sheet.disabled = false;
  });
}

new PerformanceObserver(begin).observe({ type: "paint", buffered: true });
setTimeout(begin, PAINT_MS);
