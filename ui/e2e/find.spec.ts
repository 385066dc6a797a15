import { expect, test, type Page } from "@playwright/test";
import { problems } from "./axe";
import { addTargets, answer, ask, ended, openFresh, prompt } from "./steps";

const quick = (n: number) => `simulated/fast?tps=4000&ttft=10&seed=${n}`;
const find = (page: Page) => page.getByRole("search", { name: "Find in conversation" });
const box = (page: Page) => page.getByRole("textbox", { name: "Find", exact: true });
const count = (page: Page) => find(page).getByRole("status");

/** The words that are coloured now, and the one that was gone to. */
const coloured = (page: Page) =>
  page.evaluate(() => {
    const words = (name: string) =>
      [...(CSS.highlights.get(name) ?? [])].map((range) => String(range as Range));
    return { all: words("found"), now: words("found-now") };
  });
/** Whether the hit that was gone to is before one's eyes. */
const seen = (page: Page) =>
  page.evaluate(() => {
    const [range] = CSS.highlights.get("found-now") ?? [];
    if (!range) return false;
    const { top, bottom, left, right } = (range as Range).getBoundingClientRect();
    const column = (range as Range).startContainer.parentElement?.closest("[data-answer-body], [data-said]");
    const edges = column?.getBoundingClientRect();
    return (
      edges !== undefined &&
      top >= edges.top &&
      bottom <= edges.bottom &&
      left >= edges.left &&
      right <= edges.right &&
      bottom > top
    );
  });

async function talked(page: Page, prompts: string[], ...targets: string[]): Promise<void> {
  await openFresh(page);
  await addTargets(page, ...targets);
  for (const text of prompts) {
    await ask(page, `/echo ${text}`);
    await expect(answer(page, targets[0] ?? "")).toContainText(text.slice(-12).replaceAll("*", ""));
    await ended(page, ...targets);
  }
}

test("words are found in all turns and columns, gone to with Enter and F3, and left with Escape", async ({
  page,
}) => {
  await talked(page, ["the **owl** sleeps", "an Owl and an owlet"], quick(1), quick(2));
  await prompt(page).focus();
  const html = await answer(page, quick(1))
    .getByRole("group", { name: /^Text of/ })
    .innerHTML();
  await page.keyboard.press("Control+f");
  await expect(box(page)).toBeFocused();
  await page.keyboard.type("owl");
  // 2 prompts; of each turn 2 answers.
  await expect(count(page)).toHaveText("4 of 9");
  expect((await coloured(page)).all).toEqual(["Owl", "owl", "Owl", "owl", "Owl", "owl"]);
  await page.keyboard.press("Enter");
  await expect(count(page)).toHaveText("4 of 9");
  await page.keyboard.press("F3");
  await expect(count(page)).toHaveText("5 of 9");
  await expect.poll(() => coloured(page)).toMatchObject({ now: ["owl"] });
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.press("Shift+F3");
  // In the turn before this one, which is opened.
  await expect(count(page)).toHaveText("3 of 9");
  await expect(page.getByRole("group", { name: "Turns", exact: true })).toContainText("turn 1 of 2");
  expect((await coloured(page)).now).toEqual(["owl"]);
  await page.getByRole("button", { name: "Next hit" }).click();
  await expect(page.getByRole("group", { name: "Turns", exact: true })).toContainText("turn 2 of 2");
  await page.getByRole("button", { name: "Match case" }).click();
  await expect(count(page)).toContainText("of 6");
  // The answers are what they were, to the letter.
  expect(
    await answer(page, quick(1))
      .getByRole("group", { name: /^Text of/ })
      .innerHTML(),
  ).toBe(html);
  await box(page).focus();
  await page.keyboard.press("Escape");
  await expect(find(page)).toBeHidden();
  await expect(prompt(page)).toBeFocused();
  expect(await coloured(page)).toEqual({ all: [], now: [] });
});

test("a hit far down in an answer, far right in its code, or below a fold is brought before one's eyes", async ({
  page,
}) => {
  const long = Array.from({ length: 120 }, (_, i) => `Paragraph ${i} says nothing.`).join("\n\n");
  const code = `\`\`\`text\n${"x".repeat(300)} needle\n\`\`\``;
  await talked(
    page,
    [`${long}\n\nA needle here.\n\n${code}\n\nthe end of it`],
    quick(1),
    "simulated/reasoning",
  );
  await page.keyboard.press("Control+f");
  await page.keyboard.type("needle here");
  await page.keyboard.press("Enter");
  // The prompt is long as well, and folded.
  await expect.poll(() => seen(page)).toBe(true);
  await page.keyboard.press("Enter");
  await expect.poll(() => seen(page)).toBe(true);
  await expect(count(page)).toHaveText("2 of 3");
  await box(page).fill("xxx needle");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await expect(count(page)).toHaveText("2 of 3");
  await expect.poll(() => seen(page)).toBe(true);
  // What the model thought is folded until something in it is gone to.
  const thinking = answer(page, "simulated/reasoning").getByRole("button", { name: /^Reasoned/ });
  await expect(thinking).toHaveAttribute("aria-expanded", "false");
  await box(page).fill("slow tenant");
  await page.keyboard.press("Enter");
  await expect(thinking).toHaveAttribute("aria-expanded", "true");
  await expect.poll(() => seen(page)).toBe(true);
});

test("a hit in a folded column unfolds it, and one beside the column that is shown alone takes its place", async ({
  page,
}) => {
  await openFresh(page);
  await addTargets(page, quick(1), "simulated/tools");
  await ask(page, "What does the file say?");
  await ended(page, quick(1), "simulated/tools");
  await page.getByRole("button", { name: "Menu of simulated/tools" }).click();
  await page.getByRole("menuitem", { name: "Fold", exact: true }).click();
  await page.keyboard.press("Control+f");
  await page.keyboard.type("src/retry.rs");
  await page.keyboard.press("Enter");
  await expect.poll(() => seen(page)).toBe(true);
  await answer(page, quick(1)).locator("header h3").dblclick();
  await expect(answer(page, "simulated/tools")).toBeHidden();
  await page.keyboard.press("F3");
  await expect(answer(page, "simulated/tools")).toBeVisible();
});

test("hits are found in what is still being written, and reading is not disturbed", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, "simulated/slow?tps=40&ttft=100");
  await ask(page, `/echo ${"grow and ".repeat(150)}`);
  await page.keyboard.press("Control+f");
  await page.keyboard.type("grow");
  const hits = async () => Number(/of (\d+)/.exec((await count(page).textContent()) ?? "")?.[1] ?? 0);
  await expect.poll(hits).toBeGreaterThan(151);
  const before = await hits();
  await expect.poll(hits).toBeGreaterThan(before);
  await page.getByRole("button", { name: "Stop", exact: true }).click();
});

test("marked words are taken up; there is nothing, or nothing here, and it says so", async ({ page }) => {
  await talked(page, ["first about otters", "second about herons"], quick(1));
  await page.evaluate(() => {
    const word = [...document.querySelectorAll("[data-parts] p")].at(-1)?.firstChild;
    if (word) getSelection()?.setBaseAndExtent(word, 0, word, 6);
  });
  await page.keyboard.press("Control+f");
  await expect(box(page)).toHaveValue("second");
  await box(page).fill("otters");
  await expect(count(page)).toHaveText("2 elsewhere");
  await box(page).fill("walrus");
  await expect(count(page)).toHaveText("nothing");
  await expect(page.getByRole("button", { name: "Next hit" })).toBeDisabled();
  await page.keyboard.press("Enter");
  await box(page).fill("otters");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("group", { name: "Turns", exact: true })).toContainText("turn 1 of 2");
  // Not in the settings, and not where nothing was said.
  await page.keyboard.press("Control+n");
  await expect(find(page)).toBeHidden();
  await page.keyboard.press("Control+f");
  await expect(page.getByText("There is nothing to search here yet")).toBeVisible();
});

for (const theme of ["dark", "light"] as const)
  test(`accessible, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme });
    await page.goto("/?scene=full");
    await page.getByRole("button", { name: /^Retry policy/ }).click();
    await expect(page.getByRole("region", { name: /^Answer of/ }).first()).toBeVisible();
    await page.keyboard.press("Control+f");
    await page.keyboard.type("retry");
    await page.keyboard.press("Enter");
    await expect(count(page)).toContainText("of");
    expect(await problems(page)).toEqual([]);
    if (process.env.SHOTS_INTO) {
      await page.screenshot({ path: `${process.env.SHOTS_INTO}/find.${theme}.png` });
      await page.setViewportSize({ width: 900, height: 600 });
      await page.screenshot({ path: `${process.env.SHOTS_INTO}/find.900.${theme}.png` });
    }
  });
