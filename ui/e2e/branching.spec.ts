import { expect, test, type Page } from "@playwright/test";
import { problems } from "./axe";
import { addTargets, answer, ask, ended, openFresh, prompt } from "./steps";

const quick = (n: number) => `simulated/fast?tps=2000&ttft=10&seed=${n}`;
const [one, two] = [quick(1), quick(2)];

async function asked(page: Page, text = "/echo The first answer, in words that both have."): Promise<void> {
  await openFresh(page);
  await addTargets(page, one, two);
  await ask(page, text);
  await ended(page, one, two);
}

async function menuOf(page: Page, target: string, item: string): Promise<void> {
  await page.getByRole("button", { name: `Menu of ${target}`, exact: true }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

const dialog = (page: Page, name: string) => page.getByRole("dialog", { name });
const toast = (page: Page, text: RegExp) => page.getByText(text).first();

async function branches(page: Page) {
  await page.keyboard.press("Control+Alt+i");
  await page.getByRole("tab", { name: "Branches" }).click();
  return page.getByRole("region", { name: "Branches", exact: true });
}

test("an edited prompt is asked again, and its earlier version is one step away", async ({ page }) => {
  await asked(page);
  await page.getByRole("button", { name: "Edit the prompt" }).click();
  const box = dialog(page, "Edit the prompt");
  await expect(box).toBeVisible();
  expect(await problems(page)).toEqual([]);
  await box.getByRole("textbox", { name: "Prompt" }).fill("/echo The second answer");
  await box.getByRole("button", { name: "Save and ask all 2" }).click();
  await ended(page, one, two);
  await expect(answer(page, one)).toContainText("The second answer");
  await page.getByRole("button", { name: "Previous version of the prompt" }).click();
  await expect(answer(page, one)).toContainText("The first answer, in words that both have.");
});

test("an edit that is only saved asks nobody and keeps what followed", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, one);
  await ask(page, "/echo A first answer");
  await ended(page, one);
  await ask(page, "/echo A second answer");
  await expect(answer(page, one)).toContainText("A second answer");
  await ended(page, one);
  await menuOf(page, one, "Edit the answer");
  const box = dialog(page, "Edit the answer");
  await box.getByRole("textbox", { name: "Answer" }).fill("Said by hand");
  await page.keyboard.press("Control+Enter");
  await expect(box).toBeHidden();
  await expect(answer(page, one)).toContainText("Said by hand");
});

test("two answers are compared word by word, on two sides or in one text", async ({ page }) => {
  await asked(page);
  await menuOf(page, one, "Compare with another answer");
  const box = dialog(page, "Differences, word by word");
  await expect(box.getByRole("status")).toContainText("% alike");
  expect(await problems(page)).toEqual([]);
  await box.getByRole("button", { name: "In one text" }).click();
  await box.getByRole("button", { name: "Swap the sides" }).click();
  await expect(box.getByRole("status")).toContainText("% alike");
  await page.keyboard.press("Escape");
  await expect(box).toBeHidden();
});

test("versions of one answer are compared and judged without being opened as columns", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, one);
  await ask(page, "/echo Said once.");
  await ended(page, one);
  for (const n of [2, 3]) {
    await menuOf(page, one, "Regenerate");
    await expect(answer(page, one).getByRole("group", { name: `Answer ${n} of ${n}` })).toBeVisible();
    await ended(page, one);
  }
  await menuOf(page, one, "Compare with another answer");
  const box = dialog(page, "Differences, word by word");
  const left = box.getByRole("combobox", { name: "Left answer" });
  const right = box.getByRole("combobox", { name: "Right answer" });
  await expect(left).toContainText("seed=1 3/3");
  await expect(right).toContainText("seed=1 2/3");
  await expect(box.getByRole("status")).toContainText("% alike");
  await right.click();
  await expect(page.getByRole("option")).toHaveText([/ 1\/3$/, / 2\/3$/, / 3\/3$/]);
  await page.getByRole("option", { name: / 1\/3$/ }).click();
  await expect(right).toContainText("1/3");
  await expect(box.getByRole("status")).toContainText("% alike");
  expect(await problems(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(box).toBeHidden();
  await page.keyboard.press("Control+Shift+J");
  const judge = dialog(page, "Which is better, and why");
  await expect(judge.getByRole("combobox", { name: "Second answer" })).toContainText("2/3");
  // It stands in no column: its words come from the store.
  await expect(judge.getByRole("group", { name: /^Text of .* 2\/3$/ })).toContainText("Said once.");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("region", { name: /^Answer of/ })).toHaveCount(1);
});

test("beside the other columns' answers there are the versions of each, unless names are hidden", async ({
  page,
}) => {
  await asked(page);
  await menuOf(page, two, "Regenerate");
  await expect(answer(page, two).getByRole("group", { name: "Answer 2 of 2" })).toBeVisible();
  await ended(page, one, two);
  await page.getByRole("button", { name: "More for this turn" }).click();
  await page.getByRole("menuitem", { name: "Compare two answers" }).click();
  const box = dialog(page, "Differences, word by word");
  await box.getByRole("combobox", { name: "Left answer" }).click();
  const options = page.getByRole("option");
  await expect(options).toHaveText([/seed=1$/, /seed=2 1\/2$/, /seed=2 2\/2$/]);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect(box).toBeHidden();
  await page.getByRole("button", { name: "Hide names until I vote" }).click();
  await page.getByRole("button", { name: "More for this turn" }).click();
  await page.getByRole("menuitem", { name: "Compare two answers" }).click();
  await box.getByRole("combobox", { name: "Left answer" }).click();
  await expect(options).toHaveText(["Answer A", "Answer B"]);
});

test("answers are merged by a model into a message that says what it was made of", async ({ page }) => {
  await asked(page);
  await page.keyboard.press("Control+Shift+e");
  const box = dialog(page, "Merge answers");
  await expect(box).toBeVisible();
  expect(await problems(page)).toEqual([]);
  await box.getByRole("button", { name: "Merge 2" }).click();
  await expect(box).toBeHidden();
  const columns = page.getByRole("region", { name: /^Answer of/ });
  await expect(columns).toHaveCount(3);
});

test("taking one of the answers makes a merge too", async ({ page }) => {
  await asked(page);
  await page.keyboard.press("Control+Shift+e");
  const box = dialog(page, "Merge answers");
  await box.getByRole("button", { name: "Take one" }).click();
  await box.getByRole("button", { name: "Merge 2" }).click();
  await expect(box).toBeHidden();
  await expect(page.getByRole("region", { name: /^Answer of/ })).toHaveCount(3);
});

test("a fork is a branch of its own: listed, renamed, deleted and brought back", async ({ page }) => {
  await asked(page);
  await menuOf(page, one, "Fork here");
  await expect(toast(page, /^Forked: /)).toBeVisible();
  const list = await branches(page);
  await expect(list).toBeVisible();
  expect(await problems(page)).toEqual([]);
  const row = list.getByRole("listitem").filter({ hasText: "Branch" }).first();
  await row.getByRole("button", { name: /^Menu of the branch/ }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "Name of the branch" }).fill("Another way");
  await page.keyboard.press("Enter");
  await expect(list.getByRole("button", { name: "Menu of the branch Another way" })).toBeVisible();
  await list.getByRole("button", { name: "Menu of the branch Another way" }).click();
  await page.getByRole("menuitem", { name: "Delete the branch" }).click();
  await expect(toast(page, /^Deleted the branch/)).toBeVisible();
  const gone = page.getByRole("region", { name: "Deleted", exact: true });
  await gone.getByRole("button", { name: "Restore" }).click();
  await expect(list.getByRole("button", { name: "Menu of the branch Another way" })).toBeVisible();
});

test("a saved edit, a name, a pin and a merge are taken back by the keyboard", async ({ page }) => {
  const undo = () => page.keyboard.press("Control+Alt+z");
  await asked(page, "/echo As it was.");
  await menuOf(page, one, "Edit the answer");
  const edit = dialog(page, "Edit the answer");
  await edit.getByRole("textbox", { name: "Answer" }).fill("Said by hand");
  await page.keyboard.press("Control+Enter");
  await expect(answer(page, one)).toContainText("Said by hand");
  await undo();
  await expect(answer(page, one)).toContainText("As it was.");
  await page.keyboard.press("Control+Shift+e");
  const merge = dialog(page, "Merge answers");
  await merge.getByRole("button", { name: "Take one" }).click();
  await merge.getByRole("button", { name: "Merge 2" }).click();
  await expect(page.getByRole("region", { name: /^Answer of/ })).toHaveCount(3);
  await undo();
  await expect(page.getByRole("region", { name: /^Answer of/ })).toHaveCount(2);
  await menuOf(page, one, "Fork here");
  await expect(toast(page, /^Forked: /)).toBeVisible();
  const list = await branches(page);
  const menu = list.getByRole("button", { name: /^Menu of the branch Branch/ });
  await menu.click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "Name of the branch" }).fill("Another way");
  await page.keyboard.press("Enter");
  const renamed = list.getByRole("button", { name: "Menu of the branch Another way" });
  await expect(renamed).toBeVisible();
  await undo();
  await expect(menu).toBeVisible();
  await menu.click();
  await page.getByRole("menuitem", { name: "Pin" }).click();
  await expect(list.getByRole("img", { name: "pinned" })).toBeVisible();
  await undo();
  await expect(list.getByRole("img", { name: "pinned" })).toBeHidden();
});

test("deleting says how much goes, and is undone by one click", async ({ page }) => {
  await asked(page);
  await menuOf(page, two, "Delete from here on");
  const question = page.getByRole("alertdialog", { name: "Delete from here on?" });
  await expect(question).toContainText("1 message");
  expect(await problems(page)).toEqual([]);
  await question.getByRole("button", { name: "Delete" }).click();
  await expect(question).toBeHidden();
  await expect(answer(page, two)).toBeHidden();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(answer(page, two)).toBeVisible();
});

test("a bookmark is found among the branches", async ({ page }) => {
  await asked(page);
  await menuOf(page, one, "Bookmark");
  await branches(page);
  const marks = page.getByRole("region", { name: "Bookmarks", exact: true });
  await expect(marks.getByRole("listitem")).toHaveCount(1);
  await marks.getByRole("button", { name: /^Take the bookmark/ }).click();
  await expect(marks.getByRole("listitem")).toHaveCount(0);
});

test("the tree is worked with by keyboard alone", async ({ page }) => {
  await asked(page);
  await prompt(page).press("Control+e");
  const box = dialog(page, "Edit the prompt");
  await expect(box.getByRole("textbox", { name: "Prompt" })).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("/echo Typed anew");
  await page.keyboard.press("Control+Enter");
  await ended(page, one, two);
  await expect(answer(page, two)).toContainText("Typed anew");
  await page.keyboard.press("Control+d");
  await expect(dialog(page, "Differences, word by word")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+Shift+b");
  await expect(toast(page, /^Forked: /)).toBeVisible();
});
