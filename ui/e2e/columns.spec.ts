import { expect, test, type Page } from "@playwright/test";
import { problems } from "./axe";
import { addTargets, answer, ask, ended, openFresh } from "./steps";

const [steady, fast, slow] = ["simulated/steady", "simulated/fast", "simulated/slow"];
const quick = (n: number) => `simulated/fast?tps=2000&ttft=10&seed=${n}`;

const order = (page: Page) =>
  page
    .getByRole("region", { name: /^Answer of/ })
    .evaluateAll((all) =>
      all.map((one) => (one.getAttribute("aria-label") ?? "").slice("Answer of ".length)),
    );
const widths = (page: Page) =>
  page
    .getByRole("region", { name: /^Answer of/ })
    .evaluateAll(
      (all) => all.map((one) => Math.round(one.getBoundingClientRect().width)) as [number, number],
    );

async function compared(page: Page, ...targets: string[]): Promise<void> {
  await openFresh(page);
  await addTargets(page, ...targets);
  await ask(page, "/echo The first question, in a few more words than that.");
  await ended(page, ...targets);
}

async function menuOf(page: Page, target: string, item: string): Promise<void> {
  await page.getByRole("button", { name: `Menu of ${target}`, exact: true }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

test("no frame, head, footer or button moves from before the first token to the end", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, "simulated/reasoning", "simulated/tools", slow);
  await ask(page, "What is a good retry policy?");
  await expect(answer(page, slow)).toBeVisible();
  // Every frame of the stream is measured, not just some of them.
  await page.evaluate(() => {
    const rects = () =>
      [
        ...document.querySelectorAll(
          "[data-column], [data-column] > header, [data-column] > footer, [data-column] [role=group][data-answer-body]",
        ),
      ]
        .map((e) => {
          const { x, y, width, height } = e.getBoundingClientRect();
          return [x, y, width, height].map(Math.round).join(" ");
        })
        .join("; ");
    const seen = new Set<string>();
    const look = () => {
      seen.add(rects());
      requestAnimationFrame(look);
    };
    look();
    Object.assign(window, { seen });
  });
  await ended(page, "simulated/reasoning", "simulated/tools");
  await answer(page, slow).getByRole("button", { name: "Stop", exact: true }).click();
  await ended(page, slow);
  expect(await page.evaluate(() => [...(window as unknown as { seen: Set<string> }).seen])).toHaveLength(1);
});

test("an edge is dragged, moved by keys, reset, and found again after a reload", async ({ page }) => {
  await compared(page, steady, fast);
  const before = await widths(page);
  const edge = page.getByRole("separator", { name: `Width of ${steady}` });
  const box = await edge.boundingBox();
  if (!box) throw new Error("no edge");
  await page.mouse.move(box.x, box.y + 100);
  await page.mouse.down();
  await page.mouse.move(box.x + 90, box.y + 100, { steps: 4 });
  await page.mouse.up();
  const wider = async () => (await widths(page))[0] - before[0];
  await expect.poll(wider).toBe(90);
  await edge.focus();
  await page.keyboard.press("ArrowLeft");
  await expect.poll(wider).toBe(74);
  await page.waitForTimeout(100);
  await page.reload();
  await expect(answer(page, steady)).toBeVisible();
  await expect.poll(wider).toBe(74);
  // No narrower than can be read.
  await edge.focus();
  for (let i = 0; i < 60; i++) await page.keyboard.press("ArrowRight");
  await expect.poll(async () => (await widths(page))[1]).toBe(236);
  // The narrow one by itself has all the room.
  await answer(page, fast).locator("header h3").dblclick();
  const all = before[0] + (before[1] ?? 0);
  await expect.poll(async () => Math.abs((await widths(page))[0] - all) < 2).toBe(true);
  await page.getByRole("button", { name: "Show all columns" }).click();
  await expect.poll(async () => (await widths(page))[1]).toBe(236);
  const last = await edge.boundingBox();
  await page.mouse.dblclick(last?.x ?? 0, 300);
  await expect.poll(() => widths(page)).toEqual(before);
});

test("columns change places by dragging a head, by menu and by keys, and stay there", async ({ page }) => {
  await compared(page, steady, fast, slow);
  const head = answer(page, steady).locator("header");
  const to = await answer(page, slow).boundingBox();
  const from = await head.boundingBox();
  if (!from || !to) throw new Error("no columns");
  await page.mouse.move(from.x + 30, from.y + 15);
  await page.mouse.down();
  await page.mouse.move(to.x + to.width - 30, to.y + 15, { steps: 6 });
  await page.mouse.up();
  await expect.poll(() => order(page)).toEqual([fast, slow, steady]);
  await menuOf(page, steady, "Move left");
  await expect.poll(() => order(page)).toEqual([fast, steady, slow]);
  await page.getByRole("group", { name: `Column of ${steady}` }).focus();
  await page.keyboard.press("Alt+Shift+ArrowLeft");
  await expect.poll(() => order(page)).toEqual([steady, fast, slow]);
  await page.keyboard.press("Alt+Shift+ArrowRight");
  await expect.poll(() => order(page)).toEqual([fast, steady, slow]);
  await page.reload();
  await expect.poll(() => order(page)).toEqual([fast, steady, slow]);
});

test("one column is shown alone, another takes its place, and all come back", async ({ page }) => {
  await compared(page, steady, fast, slow);
  await answer(page, fast).locator("header h3").dblclick();
  await expect.poll(() => order(page)).toEqual([fast]);
  await page.keyboard.press("Control+3");
  await expect.poll(() => order(page)).toEqual([slow]);
  await page.getByRole("button", { name: "Show all columns" }).click();
  await expect.poll(() => order(page)).toEqual([steady, fast, slow]);
  await page.keyboard.press("Control+1");
  await expect(page.getByRole("group", { name: `Column of ${steady}` })).toBeFocused();
  await page.keyboard.press("Control+j");
  await expect.poll(() => order(page)).toEqual([steady]);
  await page.keyboard.press("Control+j");
  await expect.poll(() => order(page)).toHaveLength(3);
});

test("a folded column keeps its place and opens again", async ({ page }) => {
  await compared(page, steady, fast);
  await menuOf(page, fast, "Fold");
  await expect.poll(async () => (await widths(page))[1]).toBe(34);
  await page.reload();
  await page.getByRole("button", { name: /^Unfold column 2/ }).click();
  await expect.poll(async () => ((await widths(page))[1] ?? 0) > 236).toBe(true);
});

test("eight columns scroll sideways, carry numbers and are reached by them", async ({ page }) => {
  const eight = Array.from({ length: 8 }, (_, i) => quick(i));
  await compared(page, ...eight);
  expect(await widths(page)).toEqual(Array(8).fill(236));
  await page.keyboard.press("Control+8");
  const last = page.getByRole("group", { name: `Column of ${quick(7)}` });
  await expect(last).toBeFocused();
  await expect(last).toBeInViewport({ ratio: 0.9 });
  await expect(answer(page, quick(7)).locator("header h3")).toContainText("8");
  expect(await problems(page)).toEqual([]);
});

test("columns scroll together, but one that follows its end is left alone", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, quick(1), quick(2));
  const lines = Array.from({ length: 120 }, (_, i) => `Line ${i}`).join("\n\n");
  await ask(page, `/echo ${lines}`);
  await ended(page, quick(1), quick(2));
  await page.getByRole("button", { name: "Scroll columns together" }).click();
  const at = (n: number) =>
    page
      .getByRole("group", { name: `Column of ${quick(n)}` })
      .evaluate((e) => Math.round((100 * e.scrollTop) / (e.scrollHeight - e.clientHeight)));
  const first = page.getByRole("group", { name: `Column of ${quick(1)}` });
  await first.evaluate((e) => (e.scrollTop = 0));
  await expect.poll(() => at(2)).toBe(0);
  await first.hover();
  await page.mouse.wheel(0, 900);
  await expect
    .poll(async () => (await at(1)) > 10 && Math.abs((await at(2)) - (await at(1))) <= 1)
    .toBe(true);
});

test("an answer is asked again, and the earlier one is one step away", async ({ page }) => {
  await compared(page, steady, fast);
  await expect(answer(page, steady).getByRole("button", { name: "Previous answer" })).toBeHidden();
  await menuOf(page, steady, "Regenerate");
  await ended(page, steady);
  const place = answer(page, steady).getByRole("group", { name: /^Answer \d of \d/ });
  await expect(place).toContainText("2/2");
  await answer(page, steady).getByRole("button", { name: "Previous answer" }).click();
  await expect(place).toContainText("1/2");
  await page.getByRole("group", { name: `Column of ${steady}` }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(place).toContainText("2/2");
  await expect.poll(() => order(page)).toEqual([steady, fast]);
});

test("a double click asks once", async ({ page }) => {
  await compared(page, steady, fast);
  await answer(page, steady).getByRole("button", { name: "Retry" }).dblclick();
  await ended(page, steady);
  await expect(answer(page, steady).getByRole("group", { name: "Answer 2 of 2" })).toBeVisible();
});

test("the key that stops an answer is named where it does", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, slow, "simulated/reasoning");
  await ask(page, "What is a good retry policy?");
  const stop = answer(page, slow).getByRole("button", { name: "Stop", exact: true });
  await expect(stop).toHaveText("Stop", { useInnerText: true });
  await page.getByRole("group", { name: `Column of ${slow}` }).focus();
  await expect(stop).toHaveText(/Esc/, { useInnerText: true });
  await page.keyboard.press("Control+Shift+Escape");
  await ended(page, slow);
});

test("after renaming the keyboard is where it was", async ({ page }) => {
  await compared(page, quick(1));
  const rename = page.getByRole("button", { name: "Rename", exact: true });
  for (const key of ["Enter", "Escape"]) {
    await rename.click();
    await page.getByRole("textbox", { name: "Title" }).fill(`Left by ${key}`);
    await page.keyboard.press(key);
    await expect(rename).toBeFocused();
  }
  await expect(page.getByRole("heading", { name: "Left by Enter" })).toBeVisible();
});

test("a failed column gives way to another model", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, "simulated/limited", fast);
  await ask(page, "What is a good retry policy?");
  await ended(page, "simulated/limited", fast);
  const failed = answer(page, "simulated/limited");
  await expect(failed).toContainText("Rate limit reached");
  await expect(failed.getByRole("list", { name: "Attempts" }).getByRole("listitem")).toHaveCount(3);
  await failed.getByRole("button", { name: "Choose another model" }).click();
  await page.getByRole("combobox", { name: "Search models" }).fill(steady);
  await page.getByRole("listbox").getByRole("option", { name: steady }).first().click();
  await ended(page, steady);
  await expect.poll(() => order(page)).toEqual([steady, fast]);
  await expect(answer(page, steady)).toContainText("1. ");
});

test("a model is added to a finished turn", async ({ page }) => {
  await compared(page, steady, fast);
  await page.getByRole("button", { name: "Add a model to this turn" }).click();
  await page.getByRole("combobox", { name: "Search models" }).fill(slow);
  await page.getByRole("listbox").getByRole("option", { name: slow }).first().click();
  await expect.poll(() => order(page)).toEqual([steady, fast, slow]);
  await expect(answer(page, slow)).toHaveAttribute("aria-busy", "true");
  await page.keyboard.press("Control+Shift+Escape");
  await ended(page, slow);
  await page.getByRole("button", { name: "More for this turn" }).click();
  await page.getByRole("menuitem", { name: "Regenerate all" }).click();
  await ended(page, steady, fast);
  await expect(answer(page, fast).getByRole("group", { name: "Answer 4 of 4" })).toBeVisible();
});

test("answers are copied: as Markdown, as plain text, all as a table", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openFresh(page);
  await addTargets(page, quick(1), quick(2));
  await ask(page, "/echo Some **bold** words");
  await ended(page, quick(1), quick(2));
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await menuOf(page, quick(1), "Copy as Markdown");
  await expect.poll(clipboard).toBe("Some **bold** words");
  await menuOf(page, quick(1), "Copy as plain text");
  await expect.poll(clipboard).toBe("Some bold words");
  await page.getByRole("button", { name: "More for this turn" }).click();
  await page.getByRole("menuitem", { name: "Copy all answers as a table" }).click();
  await expect.poll(clipboard).toContain(`| ${quick(2)} | Some **bold** words |`);
});

test("a picture that a model made is shown and enlarged", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, quick(1));
  await ask(page, "/image Here it is.");
  await ended(page, quick(1));
  await answer(page, quick(1)).getByRole("button", { name: "Enlarge image/png" }).click();
  await expect(page.getByRole("dialog", { name: "image/png" }).getByRole("img")).toBeVisible();
  await page.waitForTimeout(200);
  expect(await problems(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
});

test("the inspector tells of the column that was chosen, by mouse and by key", async ({ page }) => {
  await compared(page, steady, "simulated/limited");
  await page.keyboard.press("Control+Alt+i");
  const inspector = page.getByRole("complementary", { name: "Inspector" });
  await expect(inspector).toContainText(steady);
  await expect(inspector.getByRole("region", { name: "Decision" })).toContainText("named by its provider");
  expect(await problems(page)).toEqual([]);
  await page.keyboard.press("Control+2");
  await expect(inspector).toContainText("simulated/limited");
  await expect(inspector.getByRole("region", { name: "Attempts" }).getByRole("row")).toHaveCount(4);
  await inspector.getByRole("tab", { name: "Run" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(inspector).toContainText("POST https://example.test");
  expect(await problems(page)).toEqual([]);
});

test("a long name in the inspector keeps to one line and is whole in its title", async ({ page }) => {
  await page.goto("/?scene=full");
  await page
    .getByRole("navigation", { name: "Conversations" })
    .getByRole("button", { name: /^Retry policy/ })
    .click();
  await page.keyboard.press("Control+Alt+i");
  const by = page
    .getByRole("region", { name: "Answer", exact: true })
    .getByTitle("anthropic/claude-sonnet-4.6");
  await expect(by).toContainText("sonnet-4.6");
  expect((await by.boundingBox())?.height).toBeLessThan(24);
});

test("before columns scroll sideways, folding what stands beside them is offered, and no is remembered", async ({
  page,
}) => {
  const targets = [1, 2, 3, 4, 5].map(quick);
  await compared(page, ...targets);
  const offer = page.getByRole("status").filter({ hasText: "want more room" });
  const scrolls = () =>
    page.locator("[data-count]").evaluate((strip) => strip.scrollWidth > strip.clientWidth + 1);
  await expect(offer).toContainText("5 columns want more room than there is beside the side bar.");
  expect(await scrolls()).toBe(true);
  expect(await problems(page)).toEqual([]);
  await offer.getByRole("button", { name: "Fold the side bar" }).click();
  await expect(offer).toBeHidden();
  await expect.poll(scrolls).toBe(false);
  await page.keyboard.press("Control+Alt+i");
  await page.keyboard.press("Control+b");
  await offer.getByRole("button", { name: "Fold the side bar and inspector" }).click();
  await expect(page.getByRole("complementary", { name: "Inspector" })).toBeHidden();
  await page.keyboard.press("Control+b");
  await offer.getByRole("button", { name: "Never mind" }).click();
  await expect(offer).toBeHidden();
  await page.reload();
  await expect.poll(scrolls).toBe(true);
  await expect(offer).toBeHidden();
  // Where panes lie over the content, there is nothing to fold.
  await page.setViewportSize({ width: 900, height: 600 });
  await expect(offer).toBeHidden();
});

test("in a small window a long menu scrolls, and a failed column begins with what happened", async ({
  page,
}) => {
  await page.setViewportSize({ width: 900, height: 600 });
  await compared(page, steady, "simulated/limited");
  const title = answer(page, "simulated/limited").getByRole("heading", { name: "Rate limit reached" });
  await expect(title).toBeInViewport({ ratio: 1 });
  const above = () =>
    title.evaluate(
      (h) =>
        h.getBoundingClientRect().top - (h.closest("[data-answer-body]")?.getBoundingClientRect().top ?? 0),
    );
  expect(await above()).toBeGreaterThanOrEqual(0);
  await page.getByRole("button", { name: `Menu of ${steady}`, exact: true }).click();
  const menu = page.getByRole("menu");
  const box = await menu.boundingBox();
  expect((box?.y ?? 0) + (box?.height ?? 999)).toBeLessThanOrEqual(600);
  await page.keyboard.press("End");
  await expect(page.getByRole("menuitem").last()).toBeInViewport({ ratio: 1 });
});
