/** What gives a payload away: a script that ran, a request, a policy that had to step in, an element that may not be. */
import type { Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import type { World } from "../../src/ipc/fake/rows";
import type { Sink } from "./corpus";

/** The same eyes as the desktop test has. */
const scan = readFileSync(new URL("../../../tests/hostile/scan.js", import.meta.url), "utf8");

type Trapped = Window & { trapped: string[] };

/** Everything that went wrong on this page so far. */
export class Traps {
  private strange: string[] = [];
  private constructor(
    private page: Page,
    private sink: Sink,
  ) {}

  /** Sets the traps on a page that is opened after this. */
  static async set(page: Page, base: string, sink: Sink): Promise<Traps> {
    const traps = new Traps(page, sink);
    const foreign = (url: string) => !url.startsWith(`${base}/`) && !url.startsWith("about:");
    page.on("request", (request) => {
      // Bytes that came through the engine may be shown; nothing that an answer names may be.
      const url = request.url();
      if (foreign(url) && !url.startsWith(`blob:${base}/`) && !url.startsWith("data:image/png;base64,"))
        traps.strange.push(`asked for ${url.slice(0, 200)}`);
    });
    page.on("framenavigated", (frame) => {
      if (frame.parentFrame() || foreign(frame.url())) traps.strange.push(`a frame went to ${frame.url()}`);
    });
    page.on("popup", (popup) => traps.strange.push(`opened ${popup.url()}`));
    page.on("dialog", (dialog) => {
      traps.strange.push(`asked "${dialog.message()}"`);
      void dialog.dismiss();
    });
    page.on("download", (download) => traps.strange.push(`saves ${download.url()}`));
    page.on("pageerror", (error) => traps.strange.push(`threw ${error.message}`));
    await page.addInitScript(() => {
      const trapped: string[] = [];
      Object.assign(window, { trapped, hit: () => trapped.push("a script ran") });
      document.addEventListener("securitypolicyviolation", (event) =>
        trapped.push(`${event.violatedDirective} refused ${event.blockedURI} ${event.sample}`),
      );
    });
    return traps;
  }

  /** What was caught so far, what stands in the page now included. */
  async caught(): Promise<string[]> {
    const inPage = await this.page.evaluate((scan) => {
      const wrong = new Function(scan) as () => string[];
      return [...wrong(), ...(window as unknown as Trapped).trapped];
    }, scan);
    return [...inPage, ...this.strange, ...this.sink.asked.map((path) => `the sink was asked for ${path}`)];
  }
}

/** Opens the window over this past; the made-up engine takes it for its own. */
export async function openOn(page: Page, world: World, sink: string): Promise<void> {
  const kept = JSON.stringify(world).replaceAll("%SINK%", sink);
  await page.addInitScript((engine) => {
    // A reload goes on with what the engine has made of it.
    if (!sessionStorage.getItem("engine")) sessionStorage.setItem("engine", engine);
  }, kept);
  await page.goto("/?scene=fresh");
}
