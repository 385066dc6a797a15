/** The page's first frame is on the screen before the program behind it is even read. */
import "@/styles/base.css";

/** A window that is not shown paints nothing; its program is read all the same. */
const PAINT_MS = 120;

let begun = false;
function begin(): void {
  if (begun) return;
  begun = true;
  void import("./main");
}

new PerformanceObserver(begin).observe({ type: "paint", buffered: true });
setTimeout(begin, PAINT_MS);
