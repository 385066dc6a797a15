/** Which answer is better: votes, names hidden until then, a judge, and the board of ratings. */
import { expect, test, type Page } from "@playwright/test";
import { problems } from "./axe";
import { addTargets, answer, ask, ended, openFresh, prompt } from "./steps";

const quick = (n: number) => `simulated/fast?tps=2000&ttft=10&seed=${n}`;
const [one, two, three] = [quick(1), quick(2), quick(3)];

async function asked(page: Page, ...targets: string[]): Promise<void> {
  await openFresh(page);
  await addTargets(page, ...targets);
  await ask(page, "/echo Nothing here tells who said it.");
  await ended(page, ...targets);
}

const column = (page: Page, letter: string) =>
  page.getByRole("region", { name: `Answer ${letter}`, exact: true });
const bar = (page: Page) => page.getByRole("group", { name: "Vote", exact: true });
const blindButton = (page: Page) => page.getByRole("button", { name: "Hide names until I vote" });
const dialog = (page: Page) => page.getByRole("dialog", { name: "Which is better, and why" });

/** Everything that the page has of its columns and of the inspector, attributes included. */
const told = (page: Page) =>
  page.evaluate(() => {
    const page = new DOMParser().parseFromString(document.documentElement.outerHTML, "text/html");
    return ["[data-column]", "[aria-label=Inspector]", "[aria-label=Vote]"]
      .flatMap((each) => [...page.querySelectorAll(each)])
      .map((each) => each.outerHTML)
      .join("\n");
  });

/** Through the palette, which every command is in. */
async function command(page: Page, title: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search commands" }).fill(title.slice(0, 7));
  await page.getByRole("option", { name: title }).first().click();
}

async function inspect(page: Page): Promise<void> {
  await page.keyboard.press("Control+Alt+i");
  await expect(page.getByRole("complementary", { name: "Inspector" })).toBeVisible();
}

test("while names are hidden nothing on the page tells them; the vote brings them back", async ({ page }) => {
  await asked(page, one, two);
  await inspect(page);
  expect(await told(page)).toContain("simulated");
  await blindButton(page).click();
  await expect(column(page, "A")).toBeVisible();
  await expect(column(page, "B")).toBeVisible();
  for (const tab of ["Run", "Raw", "Branches", "Tree"]) {
    await page.getByRole("tab", { name: tab, exact: true }).click();
    const html = await told(page);
    expect(html).not.toMatch(/simulated|fast|seed=|tok\/s|--model-\d|data-hue="\d/);
    expect(html).toContain("Answer A");
  }
  expect(await problems(page)).toEqual([]);
  await bar(page).getByRole("button", { name: "Answer B is better" }).click();
  // Where B stood, the name stands with what was voted.
  const chosen = page.locator("[data-column='2']");
  await expect(chosen.getByRole("img", { name: /You voted: better than .*, blind/ })).toBeVisible();
  await expect(chosen).toHaveAccessibleName(/Answer of simulated\/fast/);
  await expect(bar(page).getByRole("status")).toHaveText("voted blind");
  expect(await problems(page)).toEqual([]);
});

test("a tree in a tab of its own tells no names either, whether it was open before or not", async ({
  page,
}) => {
  await asked(page, one, two);
  const panel = page.getByRole("tabpanel").first();
  const named = () => panel.evaluate((box) => box.outerHTML);
  const covered = panel.getByRole("heading", { name: "Names are hidden until you vote" });
  const legend = panel.getByRole("list", { name: "Models" });
  await page.keyboard.press("Control+Shift+L");
  await expect(legend).toContainText("seed=1");
  // It is open when the names go.
  await page.keyboard.press("Control+Shift+H");
  await expect(covered).toBeVisible();
  expect(await named()).not.toMatch(/simulated|fast|seed=|--model-\d|data-hue="\d/);
  await expect(panel.getByRole("tree")).toHaveCount(0);
  expect(await problems(page)).toEqual([]);
  await panel.getByRole("button", { name: "Go to the vote" }).click();
  await expect(column(page, "A")).toBeVisible();
  // It is opened while they are hidden.
  await page.keyboard.press("Control+Shift+L");
  await expect(covered).toBeVisible();
  expect(await named()).not.toMatch(/simulated|fast|seed=|--model-\d|data-hue="\d/);
  await panel.getByRole("button", { name: "Go to the vote" }).click();
  await bar(page).getByRole("button", { name: "Tie" }).click();
  await expect(bar(page).getByRole("status")).toHaveText("voted blind");
  await page.keyboard.press("Control+Shift+L");
  await expect(legend).toContainText("seed=1");
  // Another turn is hidden: what was voted before tells nothing of it.
  await panel.getByRole("tree").waitFor();
  await page.getByRole("tab").first().click();
  await ask(page, "/echo Once more.");
  await expect(column(page, "A")).toHaveAttribute("aria-busy", "false");
  await page.getByRole("button", { name: /^Turn 1/ }).click();
  await inspect(page);
  await page.getByRole("tab", { name: "Tree", exact: true }).click();
  const inspector = page.getByRole("complementary", { name: "Inspector" });
  const hidden = inspector.getByRole("heading", { name: "Names are hidden until you vote" });
  await expect(hidden).toBeVisible();
  await page.getByRole("tab", { name: "Branches", exact: true }).click();
  await expect(hidden).toBeVisible();
  await expect(inspector.getByRole("list")).toHaveCount(0);
  await page.getByRole("tab", { name: "Tree", exact: true }).click();
  await inspector.getByRole("button", { name: "Show the names" }).click();
  await expect(inspector.getByRole("tree")).toBeVisible();
});

test("whether an answer was thought over is not told either", async ({ page }) => {
  const thinks = "simulated/reasoning?tps=2000&ttft=10";
  await openFresh(page);
  await addTargets(page, one, thinks);
  await ask(page, "What is a good retry policy?");
  await ended(page, one, thinks);
  await expect(page.getByRole("button", { name: /^Reasoned/ })).toBeVisible();
  await blindButton(page).click();
  await expect(column(page, "A")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Reasoned/ })).toHaveCount(0);
});

test("a failed answer tells its name no sooner, and a new turn is hidden again", async ({ page }) => {
  await asked(page, one, two);
  await page.keyboard.press("Control+Shift+H");
  await expect(column(page, "A")).toBeVisible();
  await page.keyboard.press("Alt+1");
  await expect(answer(page, one)).toBeVisible();
  await ask(page, "/fail rate_limited");
  await expect(column(page, "A")).toHaveAttribute("aria-busy", "false");
  await expect(column(page, "B")).toHaveAttribute("aria-busy", "false");
  expect(await told(page)).toContain("it is shown after the vote");
  expect(await told(page)).not.toMatch(/seed=|--model-\d|data-hue="\d/);
});

test("two answers are voted on, the vote is changed, and taken back, by keys alone", async ({ page }) => {
  await asked(page, one, two);
  const mark = (target: string) => answer(page, target).getByRole("img", { name: /^You voted/ });
  await page.keyboard.press("Alt+4");
  await expect(mark(two)).toContainText("better");
  await page.keyboard.press("Alt+2");
  await expect(mark(one)).toContainText("tie");
  await page.keyboard.press("Alt+3");
  await expect(mark(two)).toContainText("bad");
  await command(page, "Take the vote back");
  await expect(mark(one)).toHaveCount(0);
  await page.reload();
  await expect(answer(page, one)).toBeVisible();
  await page.keyboard.press("Alt+1");
  await expect(mark(one)).toContainText("better");
  await page.reload();
  await expect(mark(one)).toContainText("better");
});

test("of three answers one is the best, or two are compared", async ({ page }) => {
  await asked(page, one, two, three);
  await answer(page, two).getByRole("button", { name: "Best answer" }).click();
  await expect(answer(page, two).getByRole("img", { name: "You voted: the best of 3" })).toBeVisible();
  await answer(page, two).getByRole("button", { name: "Take ♥ back" }).click();
  await expect(answer(page, two).getByRole("img", { name: /^You voted/ })).toHaveCount(0);
  await page.getByRole("button", { name: "Vote on answers" }).click();
  await bar(page).getByRole("combobox", { name: "Second answer" }).click();
  await page.getByRole("option", { name: /seed=3/ }).click();
  await bar(page).getByRole("button", { name: "Tie" }).click();
  await expect(answer(page, three).getByRole("img", { name: /^You voted: as good as/ })).toBeVisible();
  await expect(answer(page, two).getByRole("img", { name: /^You voted/ })).toHaveCount(0);
  expect(await problems(page)).toEqual([]);
  await bar(page).getByRole("button", { name: "Take back" }).click();
  await expect(answer(page, three).getByRole("img", { name: /^You voted/ })).toHaveCount(0);
});

test("a judge says which is better and why, in either order, by a rubric that can be read", async ({
  page,
}) => {
  await asked(page, one, two);
  await page.keyboard.press("Control+Shift+J");
  const box = dialog(page);
  await expect(box.getByRole("textbox", { name: "Rubric" })).toHaveValue(/Correct, complete/);
  expect(await problems(page)).toEqual([]);
  await expect(box.getByRole("button", { name: "Ask twice" })).toBeDisabled();
  await box.getByRole("button", { name: "Choose" }).click();
  await page.getByRole("combobox", { name: "Search models" }).fill("simulated/steady");
  await page.keyboard.press("Enter");
  await box.getByRole("button", { name: "Ask twice" }).click();
  await expect(box.getByText("The judge reads both, in either order")).toBeVisible();
  await expect(box.getByText("both orders agree")).toBeVisible();
  await expect(box.getByText(/says more of what was asked/)).toHaveCount(2);
  expect(await problems(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(box).toBeHidden();
  await inspect(page);
  await expect(page.getByRole("region", { name: "Judgements" })).toContainText("is better");
});

test("the board lists models by votes, and says from how many on they mean something", async ({ page }) => {
  await openFresh(page);
  await command(page, "Ratings models by your votes");
  await expect(page.getByRole("heading", { name: "Which model wins for you" })).toBeVisible();
  expect(await problems(page)).toEqual([]);
  await page.keyboard.press("Control+n");
  await addTargets(page, "simulated/fast", "simulated/steady");
  await ask(page, "/echo Short");
  await ended(page, "simulated/fast", "simulated/steady");
  await answer(page, "simulated/fast").getByRole("button", { name: "Better answer" }).click();
  await expect(answer(page, "simulated/fast").getByRole("img", { name: /^You voted/ })).toBeVisible();
  await inspect(page);
  await page.getByRole("region", { name: "Judgements" }).getByRole("button", { name: "Ratings" }).click();
  const rows = page.getByRole("table", { name: "Models by rating" }).getByRole("row");
  await expect(rows).toHaveCount(3);
  await expect(rows.nth(1)).toContainText("simulated/fast");
  await expect(rows.nth(1)).toContainText("under 10 votes");
  await expect(page.getByText(/^Bradley–Terry/)).toBeVisible();
  expect(await problems(page)).toEqual([]);
  await page.getByRole("switch", { name: "Blind votes only" }).click();
  await expect(page.getByRole("heading", { name: "No votes here" })).toBeVisible();
  await page.getByRole("button", { name: "Show all votes" }).click();
  await expect(rows).toHaveCount(3);
});

test("a message that the tree leads to is shown with its turn", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, one);
  for (const words of ["the first", "the second", "the third"]) {
    await ask(page, `/echo Said in ${words} turn`);
    await expect(answer(page, one)).toContainText(`Said in ${words} turn`);
    await ended(page, one);
  }
  await inspect(page);
  await page.getByRole("tab", { name: "Tree", exact: true }).click();
  const tree = page.getByRole("tree").first();
  await tree.getByRole("treeitem").first().click();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await expect(page.getByText("turn 1 of 3")).toBeVisible();
  await expect(answer(page, one)).toContainText("Said in the first turn");
  await page.getByRole("button", { name: "Next turn" }).click();
  await expect(page.getByText("turn 2 of 3")).toBeVisible();
  await prompt(page).focus();
});
