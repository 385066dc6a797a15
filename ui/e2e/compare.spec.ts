import { expect, test } from "@playwright/test";
import { addTargets, answer, ask, ended, openFresh, prompt } from "./steps";

const [steady, fast, slow] = ["simulated/steady", "simulated/fast", "simulated/slow"];

test("three targets answer side by side, one is stopped, the next turn goes to all", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, steady, fast, slow);
  await ask(page, "/echo The first question, in a few more words than that.");
  for (const target of [steady, fast, slow]) await expect(answer(page, target)).toBeVisible();
  await expect(answer(page, slow)).toHaveAttribute("aria-busy", "true");
  await expect(answer(page, slow)).toContainText("Waiting for the first token");
  await answer(page, slow).getByRole("button", { name: "Stop", exact: true }).click();
  await expect(answer(page, slow)).toContainText("stopped");
  await ended(page, steady, fast, slow);
  await expect(answer(page, fast)).toContainText("The first question, in a few more words than that.");
  await expect(answer(page, fast)).toContainText("free");
  await expect(answer(page, fast)).toContainText(/tok\/s/);

  await ask(page, "/echo And the second one.");
  await ended(page, steady, fast, slow);
  for (const target of [steady, fast, slow])
    await expect(answer(page, target)).toContainText("And the second one.");
  const earlier = page.getByRole("button", { name: /^Turn 1: / });
  await earlier.click();
  await expect(answer(page, fast)).toContainText("The first question");
  await page.getByRole("button", { name: "Next turn" }).click();
  await expect(answer(page, fast)).toContainText("And the second one.");
});

test("a column keeps its frame from before the first token to the end", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, steady, fast);
  await ask(page, "What is a good retry policy?");
  const frame = () =>
    page.evaluate(() =>
      [...document.querySelectorAll("[data-column], [data-column] > header, [data-column] > footer")].map(
        (e) => {
          const { x, y, width, height } = e.getBoundingClientRect();
          return [x, y, width, height].map(Math.round).join(" ");
        },
      ),
    );
  await expect(answer(page, steady)).toBeVisible();
  const first = await frame();
  await expect(answer(page, steady)).toContainText("first");
  expect(await frame()).toEqual(first);
  await ended(page, steady, fast);
  expect(await frame()).toEqual(first);
});

test("the end is followed until the reader scrolls up, and found again", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, "simulated/steady?tps=20&ttft=50");
  await page.setViewportSize({ width: 900, height: 600 });
  await ask(page, `/echo ${Array.from({ length: 60 }, (_, i) => `Line ${i}`).join("\n\n")}`);
  const body = page.getByRole("group", { name: /^Column of/ });
  await expect.poll(() => body.evaluate((e) => e.scrollTop)).toBeGreaterThan(60);
  await body.hover();
  await page.mouse.wheel(0, -400);
  const latest = page.getByRole("button", { name: "Latest" });
  await expect(latest).toBeVisible();
  const at = await body.evaluate((e) => e.scrollTop);
  await page.waitForTimeout(300);
  expect(await body.evaluate((e) => e.scrollTop)).toBe(at);
  await latest.click();
  await expect(latest).toBeHidden();
  await expect
    .poll(() => body.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight))
    .toBeLessThan(4);
});

test("where an answer was left is found again: from its sibling, and after a restart", async ({ page }) => {
  const target = "simulated/fast?tps=4000&ttft=10";
  await openFresh(page);
  await addTargets(page, target);
  await page.setViewportSize({ width: 900, height: 600 });
  await ask(page, `/echo ${Array.from({ length: 120 }, (_, i) => `Line ${i}`).join("\n\n")}`);
  await ended(page, target);
  const column = answer(page, target);
  const versions = (words: string) => column.getByRole("group", { name: words });
  await page.getByRole("button", { name: `Menu of ${target}`, exact: true }).click();
  await page.getByRole("menuitem", { name: "Regenerate", exact: true }).click();
  await expect(versions("Answer 2 of 2")).toBeVisible();
  await ended(page, target);
  const body = page.getByRole("group", { name: /^Column of/ });
  const top = () => body.evaluate((e) => e.scrollTop);
  const scrollTo = async (wanted: number) => {
    await body.hover();
    await page.mouse.wheel(0, wanted - (await top()));
    await expect.poll(top).toBe(wanted);
  };
  await scrollTo(700);
  await body.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(versions("Answer 1 of 2")).toBeVisible();
  await scrollTo(300);
  await body.focus();
  await page.keyboard.press("ArrowRight");
  await expect(versions("Answer 2 of 2")).toBeVisible();
  await expect.poll(top).toBe(700);
  await scrollTo(900);
  await page.waitForTimeout(700);
  await page.reload();
  await expect(versions("Answer 2 of 2")).toBeVisible();
  await expect.poll(top).toBe(900);
  await body.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(versions("Answer 1 of 2")).toBeVisible();
  await expect.poll(top).toBe(300);
  // The place that is kept is that of the answer which is shown now.
  await page.reload();
  await expect(versions("Answer 1 of 2")).toBeVisible();
  await expect.poll(top).toBe(300);
});

test("a reload in the middle loses nothing and goes on", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, "simulated/steady?tps=20&ttft=100");
  const words = Array.from({ length: 30 }, (_, i) => `word${i}`).join(" ");
  await ask(page, `/echo ${words}`);
  await expect(page.getByRole("group", { name: /^Text of/ })).toContainText("word2");
  await page.reload();
  const text = page.getByRole("group", { name: /^Text of/ });
  await expect(text).toContainText("word2");
  await expect(page.getByRole("region", { name: /^Answer of/ })).toHaveAttribute("aria-busy", "true");
  await expect(text).toContainText("word29", { timeout: 15_000 });
  await expect(page.getByRole("navigation", { name: "Conversations" })).toContainText("/echo word0");
  await expect(page.getByRole("status", { name: "Saved" })).toBeVisible();
});

test("a failure says what happened, a retry asks again, a stopped answer goes on", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, "simulated/steady");
  await ask(page, "/fail auth the key was refused");
  await expect(answer(page, steady)).toContainText("The key was not accepted");
  await answer(page, steady).getByRole("button", { name: "Enter a key" }).click();
  await expect(page.getByRole("complementary", { name: "Simulated" })).toBeVisible();
  await page.getByRole("button", { name: "Workbench" }).click();
  await answer(page, steady).getByRole("button", { name: "Retry" }).click();
  await expect(answer(page, steady)).toContainText("The key was not accepted");

  await page.getByRole("button", { name: "New conversation" }).click();
  await page.getByRole("button", { name: "Remove target simulated/steady", exact: true }).click();
  await addTargets(page, slow);
  const counted = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen";
  await ask(page, `/echo ${counted}`);
  await expect(answer(page, slow)).toContainText("one two", { timeout: 10_000 });
  await answer(page, slow).getByRole("button", { name: "Stop", exact: true }).click();
  await answer(page, slow).getByRole("button", { name: "Continue" }).click();
  await expect(answer(page, slow)).toContainText(counted, { timeout: 10_000 });
});

test("request and response can be read as they went", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, fast);
  await ask(page, "/echo hello");
  await ended(page, fast);
  await answer(page, fast).getByRole("button", { name: "Raw" }).click();
  const dialog = page.getByRole("dialog", { name: "Raw request and response" });
  await expect(dialog).toContainText("POST https://");
  await expect(dialog).toContainText("Bearer [redacted");
  await dialog.getByRole("button", { name: "Response" }).click();
  await expect(dialog).toContainText("Status 200");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
});

test("conversations are found, renamed, deleted and brought back", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, fast);
  await ask(page, "/echo alpha");
  await ended(page, fast);
  const list = page.getByRole("navigation", { name: "Conversations" });
  await list.getByRole("button", { name: "More for /echo alpha" }).click({ force: true });
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await list.getByRole("textbox", { name: /^New title/ }).fill("First letters");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "First letters" })).toBeVisible();
  await page.getByLabel("Search conversations").fill("zzz");
  await expect(list).toContainText("Nothing is called");
  await page.getByLabel("Search conversations").fill("letters");
  await expect(list.getByRole("button", { name: "First letters", exact: true })).toBeVisible();
  await list.getByRole("button", { name: "More for First letters" }).click({ force: true });
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await expect(list.getByRole("button", { name: "First letters", exact: true })).toBeHidden();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(list.getByRole("button", { name: "First letters", exact: true })).toBeVisible();
});

test("everything works from the keyboard", async ({ page }) => {
  await openFresh(page);
  await expect(prompt(page)).toBeFocused();
  await page.keyboard.press("Control+m");
  await expect(page.getByRole("combobox", { name: "Search models" })).toBeFocused();
  await page.keyboard.type("simulated/steady");
  await page.keyboard.press("Enter");
  await page.getByRole("combobox", { name: "Search models" }).fill("");
  await page.keyboard.type("simulated/slow");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await expect(
    page.getByRole("list", { name: "Targets" }).getByRole("button", { name: /^Remove target/ }),
  ).toHaveCount(2);
  await page.keyboard.press("Control+l");
  await page.keyboard.type("/echo from the keyboard alone");
  await page.keyboard.press("Control+Enter");
  await expect(answer(page, slow)).toHaveAttribute("aria-busy", "true");
  await page.keyboard.press("Control+2");
  await page.keyboard.press("Escape");
  await expect(answer(page, slow)).toContainText("stopped");
  await ended(page, steady);
  await expect(answer(page, steady)).not.toContainText("stopped");

  await page.keyboard.press("Control+l");
  await page.keyboard.type("/echo again, to be stopped as a whole, before it has come to its end");
  await page.keyboard.press("Control+Enter");
  await expect(answer(page, slow)).toHaveAttribute("aria-busy", "true");
  await page.keyboard.press("Control+Shift+Escape");
  await ended(page, steady, slow);

  await page.keyboard.press("Control+k");
  await page.keyboard.type("theme: light");
  await page.keyboard.press("Enter");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.keyboard.press("Control+n");
  await expect(page.getByRole("heading", { name: /Connect a model|Ask several/ })).toBeVisible();
  await expect(prompt(page)).toBeFocused();
});
