import { expect, test, type Page } from "@playwright/test";
import { providers } from "../src/ipc/fake/world";
import { aimed, links, payloads, Sink } from "./hostile/corpus";
import { openOn, Traps } from "./hostile/traps";
import { live, nameOf, past, titled, WIDTH } from "./hostile/world";
import { addTargets, ask, ended, openFresh } from "./steps";

// Without the page's policy: what is drawn must be safe of itself. The policy is the second wall, and
// `hostile-twin.spec.ts` shows that it stands.
test.use({ bypassCSP: true });

const texts = payloads.map(({ text }) => text);
let sink: Sink;
test.beforeEach(async () => {
  sink = await Sink.open();
});
test.afterEach(() => sink.close());

/** Opens whatever is folded in the answers, and lets the pointer and the focus pass over everything. */
async function lookAtAll(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const answer of document.querySelectorAll("main section")) {
      for (const fold of answer.querySelectorAll<HTMLElement>(
        "[aria-expanded=false]:not([aria-haspopup]), summary",
      ))
        fold.click();
      for (const e of answer.querySelectorAll<HTMLElement>("*"))
        for (const type of ["pointerover", "mouseover", "mouseenter", "focus"])
          e.dispatchEvent(new Event(type, { bubbles: true }));
    }
  });
}

async function openBatch(page: Page, title: string): Promise<void> {
  await page.getByLabel("Search conversations").fill(title);
  await page
    .getByRole("navigation", { name: "Conversations" })
    .getByRole("button", { name: title, exact: true })
    .click();
}

// In three parts: what one conversation holds of them all is more than the page's storage takes.
const PARTS = 3;
const part = Math.ceil(texts.length / PARTS);
for (let at = 0; at < PARTS; at++)
  test(`no text of an answer runs or asks for anything, wherever it is shown: part ${at + 1}`, async ({
    page,
    baseURL,
  }) => {
    test.setTimeout(300_000);
    const traps = await Traps.set(page, baseURL ?? "", sink);
    const mine = texts.slice(at * part, (at + 1) * part);
    await openOn(page, past(mine, providers("fresh")), sink.url);
    for (let batch = 0; batch * WIDTH < mine.length; batch++) {
      await openBatch(page, nameOf(batch));
      const width = Math.min(WIDTH, mine.length - batch * WIDTH);
      await expect(page.getByRole("region", { name: /^Answer of/ })).toHaveCount(width);
      await lookAtAll(page);
      expect(await traps.caught(), nameOf(batch)).toEqual([]);
    }
    await page.waitForTimeout(500);
    expect(await traps.caught()).toEqual([]);
  });

test("no answer runs anything or asks for anything while it is written", async ({ page, baseURL }) => {
  test.setTimeout(240_000);
  const traps = await Traps.set(page, baseURL ?? "", sink);
  // Each in a list item of its own: what one leaves open ends with it.
  const short = texts.filter((text) => text.length < 600);
  const columns = Array.from({ length: WIDTH }, (_, i) =>
    short
      .filter((_, at) => at % WIDTH === i)
      .map((text) => `- ${text.split("\n").join("\n  ")}`)
      .join("\n\n"),
  );
  await openOn(page, live(columns, providers("fresh"), Date.now() + 3_000), sink.url);
  await openBatch(page, "Live");
  const answers = page.getByRole("region", { name: /^Answer of/ });
  await expect(answers).toHaveCount(WIDTH);
  while ((await page.locator("[aria-busy=true]").count()) > 0) {
    await lookAtAll(page);
    expect(await traps.caught()).toEqual([]);
  }
  await expect(page.getByRole("group", { name: /^Text of/ }).first()).toContainText("hit()");
  expect(await traps.caught()).toEqual([]);
});

test("names of conversations, models and providers are text", async ({ page, baseURL }) => {
  test.setTimeout(240_000);
  const traps = await Traps.set(page, baseURL ?? "", sink);
  const world = titled(texts.map((text) => text.slice(0, 400)));
  const [simulated] = providers("fresh");
  if (!simulated) throw new Error("there is no simulated provider");
  world.providers = texts.map((text, i) => ({
    ...simulated,
    id: i === 0 ? "simulated" : `p${i}`,
    name: text.slice(0, 400),
    models: [text],
    keyVariable: text.slice(0, 400),
    problem: { kind: "network" as const, message: text, retryAfterMs: null },
  }));
  await openOn(page, world, sink.url);
  const list = page.getByRole("navigation", { name: "Conversations" });
  await expect(list).toContainText("hit()");
  for (let at = 0; at < 40; at++) {
    await list.hover();
    await page.mouse.wheel(0, 900);
    if (at % 8 === 0) expect(await traps.caught()).toEqual([]);
  }
  await page.getByRole("button", { name: "Add target" }).click();
  const search = page.getByRole("combobox", { name: "Search models" });
  for (const word of ["script", "img", "svg", "math", "javascript", "http", "style", "`", "$", "["]) {
    await search.fill(word);
    await page.waitForTimeout(50);
    for (let i = 0; i < 12; i++) await page.keyboard.press("PageDown");
    expect(await traps.caught()).toEqual([]);
  }
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("script");
  await page.waitForTimeout(100);
  expect(await traps.caught()).toEqual([]);
});

test("only http, https and mailto can be opened, and only after their host was shown", async ({
  page,
  baseURL,
}) => {
  test.setTimeout(180_000);
  const traps = await Traps.set(page, baseURL ?? "", sink);
  await openFresh(page);
  const target = "simulated/fast?tps=4000&ttft=10";
  await addTargets(page, target);
  const source = links.map(({ address }, i) => `- [link ${i} end](<${aimed(address, sink.url)}>)`).join("\n");
  await ask(page, `/echo ${source}`);
  await ended(page, target);
  const text = page.getByRole("group", { name: /^Text of/ });
  await expect(text).toContainText(`link ${links.length - 1} end`);
  for (const [i, { address, opens }] of links.entries()) {
    const link = text
      .getByRole("button", { name: `link ${i} end` })
      .or(text.getByRole("link", { name: `link ${i} end` }));
    // The first of them opens: once it is a link, the text is drawn as what it means.
    await expect(link, address).toHaveCount(opens ? 1 : 0);
    if (!opens) {
      await text.getByText(`link ${i} end`).click();
      continue;
    }
    await link.click();
    const dialog = page.getByRole("dialog");
    await expect(dialog, address).toContainText("link.example");
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
  }
  expect(await traps.caught()).toEqual([]);
});
