/** The page's first frame is on the screen before the program behind it is even read. */
import "@/styles/base.css";

let begun = false;
function begin(): void {
  if (begun) return;
  begun = true;
  void import("./main");
}

// After the frame, not before it; a window that is not shown has no frames.
requestAnimationFrame(() => setTimeout(begin));
setTimeout(begin, 100);
