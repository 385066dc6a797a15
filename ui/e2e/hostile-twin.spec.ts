/**
 * The twin of `hostile.spec.ts`: the same corpus on a renderer that believes everything. Without a policy most of
 * it bites, so a quiet window means something; under the window's own policy no script of it runs.
 */
import { expect, test, type Page } from "@playwright/test";
import { aimed, payloads, Sink } from "./hostile/corpus";
import { unsafe } from "./hostile/unsafe";

type Bites = { ran: number[]; asked: number[]; moved: number[] };

/** Draws each payload in a frame of its own, prods it, and says which of them ran, and which asked the sink. */
async function bites(page: Page, sink: Sink): Promise<Bites> {
  const ran = new Set<number>();
  const moved = new Set<number>();
  await page.exposeFunction("bitten", (n: number) => ran.add(n));
  // Nothing may replace the page that all of them stand in.
  page.on("dialog", (dialog) => void dialog.dismiss());
  const SIZE = 24;
  for (let from = 0; from < payloads.length; from += SIZE) {
    const batch = payloads.slice(from, from + SIZE).flatMap(({ kind, text }, i) => {
      if (kind === "size") return [];
      const n = from + i;
      const told = text.replaceAll("hit", `hit${n}`);
      return [{ n, html: unsafe(aimed(told, `${sink.url}/${n}`)) }];
    });
    const gone = await page.evaluate(async (batch) => {
      const { bitten } = window as unknown as { bitten: (n: number) => void };
      const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
      const frames = batch.map(({ n, html }) => {
        const frame = document.createElement("iframe");
        document.body.append(frame);
        const inside = frame.contentWindow as Window & Record<string, unknown>;
        inside[`hit${n}`] = () => bitten(n);
        const { document: page } = inside;
        page.open();
        page.write(`<!doctype html><body>${html}`);
        page.close();
        inside[`hit${n}`] = () => bitten(n);
        return { n, frame };
      });
      await wait(150);
      for (const { frame } of frames) {
        // A frame that went elsewhere cannot be looked into.
        const page = (() => {
          try {
            return frame.contentDocument;
          } catch {
            return null;
          }
        })();
        for (const e of page?.querySelectorAll<HTMLElement>("body *") ?? []) {
          for (const type of [
            "mouseover",
            "mouseenter",
            "pointerenter",
            "focus",
            "focusin",
            "wheel",
            "copy",
            "scroll",
          ])
            e.dispatchEvent(new Event(type, { bubbles: true }));
          if (e.matches("a, area, button, input, summary, [onclick]")) {
            e.setAttribute("target", "_self");
            e.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
          }
        }
      }
      await wait(150);
      const gone = frames.flatMap(({ n, frame }) => {
        try {
          return frame.contentWindow?.location.href === location.href ? [] : [n];
        } catch {
          return [n];
        }
      });
      for (const { frame } of frames) frame.remove();
      return gone;
    }, batch);
    for (const n of gone) moved.add(n);
  }
  await page.waitForTimeout(300);
  const asked = new Set(sink.asked.map((path) => Number(/^\/(\d+)/.exec(path)?.[1] ?? -1)));
  asked.delete(-1);
  return { ran: [...ran], asked: [...asked], moved: [...moved] };
}

test("a renderer that believes everything is bitten by the corpus", async ({ page }) => {
  test.setTimeout(180_000);
  const [sink, host] = [await Sink.open(), await Sink.open("")];
  await page.goto(`${host.url}/page`);
  const { ran, asked, moved } = await bites(page, sink);
  sink.close();
  host.close();
  const bitten = new Set([...ran, ...asked, ...moved]);
  const counts: Record<string, string> = {};
  for (const kind of new Set(payloads.map((payload) => payload.kind))) {
    const all = payloads.flatMap((payload, n) => (payload.kind === kind ? [n] : []));
    counts[kind] = `${all.filter((n) => bitten.has(n)).length} of ${all.length}`;
  }
  console.log(
    `${ran.length} ran a script, ${asked.length} asked the sink, ${moved.length} led away;`,
    counts,
  );
  expect(ran.length).toBeGreaterThan(150);
  expect(asked.length).toBeGreaterThan(80);
  expect(bitten.size).toBeGreaterThan(300);
});

test("under the window's policy not even that renderer runs a script or fetches anything", async ({
  page,
}) => {
  test.setTimeout(180_000);
  const csp = (await page.request.get("/")).headers()["content-security-policy"] ?? "";
  expect(csp).toContain("script-src 'self'");
  expect(csp).not.toMatch(/script-src[^;]*unsafe/);
  // Frames without an address take over the policy of the page that made them.
  const [sink, host] = [await Sink.open(), await Sink.open(csp)];
  await page.goto(`${host.url}/page`);
  const { ran, asked } = await bites(page, sink);
  expect(ran).toEqual([]);
  // A policy does not hold back what leads the page away; the window's navigation handler does.
  const leading = new Set(
    payloads.flatMap(({ text }, n) =>
      /refresh|<a |<form|\]\(|\]:|<button|<area|<input|https?:|SINK/i.test(text) ? [n] : [],
    ),
  );
  const paths = sink.asked.filter(
    (path) => !/refresh|link|other|click|ping|hover|download|osc8|bidi|base|dialog|form/.test(path),
  );
  expect({ paths, leading: asked.filter((n) => !leading.has(n)) }).toEqual({ paths: [], leading: [] });
  sink.close();
  host.close();
});
