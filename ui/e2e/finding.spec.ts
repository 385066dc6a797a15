import { expect, test, type Page } from "@playwright/test";
import { problems } from "./axe";
import { addTargets, answer, ask, ended, openFresh } from "./steps";

const quick = (n: number) => `simulated/fast?tps=4000&ttft=10&seed=${n}`;
const list = (page: Page) => page.getByRole("navigation", { name: "Conversations" });
const row = (page: Page, name: RegExp) => list(page).locator("[data-conversation]").filter({ hasText: name });
const folder = (page: Page, name: string) =>
  list(page).locator("[data-open][aria-pressed]:not([data-conversation])").filter({ hasText: name });
const chip = (page: Page, name: RegExp) =>
  list(page).getByRole("group", { name: "Filters", exact: true }).getByRole("button", { name });
const hits = (page: Page) => list(page).locator("[data-hit]");
const chosen = (page: Page) => page.getByRole("toolbar", { name: "Chosen conversations" });
const rows = (page: Page) => list(page).locator("[data-conversation]");

const ledger = /^Ledger schema/;
const limiter = /^Review: token bucket/;
const wal = /^Explain the WAL/;
const notes = /^Release notes/;

async function openFull(page: Page, more = ""): Promise<void> {
  await page.goto(`/?scene=full${more}`);
  await expect(row(page, ledger)).toBeVisible();
}

async function view(page: Page, entry: string): Promise<void> {
  await list(page).getByRole("button", { name: "Sort and filter" }).click();
  await page.getByRole("menuitem", { name: entry, exact: true }).click();
}

async function search(page: Page, text: string): Promise<void> {
  await page.keyboard.press("Control+Shift+f");
  await expect(page.getByLabel("Search conversations")).toBeFocused();
  await page.keyboard.type(text);
}

async function makeFolder(page: Page, name: string): Promise<void> {
  await view(page, "New folder");
  const dialog = page.getByRole("dialog", { name: "New folder" });
  await dialog.getByRole("textbox", { name: "Name" }).fill(name);
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  await expect(folder(page, name)).toBeVisible();
}

/** From the keyboard, on the row that is named. */
async function press(page: Page, name: RegExp, key: string): Promise<void> {
  await row(page, name).focus();
  await page.keyboard.press(key);
}

/** In the list that gives tags, which stays. */
async function newTag(page: Page, tag: string): Promise<void> {
  await page.getByRole("combobox", { name: "Search tags" }).fill(tag);
  await expect(page.getByRole("option", { name: `New tag “${tag}”` })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("option", { name: new RegExp(`^${tag}`), selected: true })).toBeVisible();
}

async function pick(page: Page, label: string, text: string): Promise<void> {
  const search = page.getByRole("combobox", { name: label });
  await search.fill(text);
  await expect(page.getByRole("option").first()).toContainText(text);
  await page.keyboard.press("Enter");
}

const undo = (page: Page) => page.getByRole("button", { name: "Undo" }).last().click();

test("folders are made, nested, renamed and deleted, and what is in them stays", async ({ page }) => {
  await openFull(page);
  await makeFolder(page, "Work");
  await press(page, ledger, "m");
  await pick(page, "Search folders", "Work");
  await expect(folder(page, "Work")).toContainText("1");
  // A folder that is not there yet is made on the way.
  await press(page, wal, "m");
  await page.getByRole("combobox", { name: "Search folders" }).fill("Databases");
  await expect(page.getByRole("option", { name: "New folder “Databases”" })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(folder(page, "Databases")).toContainText("1");
  await page.getByRole("button", { name: "More for the folder Databases" }).click({ force: true });
  await page.getByRole("menuitem", { name: "Move into a folder" }).click();
  await pick(page, "Search folders", "Work");
  await page.getByRole("button", { name: "Fold Work", exact: true }).click({ force: true });
  await expect(folder(page, "Databases")).toBeHidden();
  // What is chosen has what is in the folders in it.
  await folder(page, "Work").click();
  await expect(rows(page)).toHaveCount(2);
  await expect(chip(page, /^Work/)).toBeVisible();
  await folder(page, "Work").focus();
  await page.keyboard.press("ArrowRight");
  await expect(folder(page, "Databases")).toBeVisible();
  await page.keyboard.press("F2");
  await page.getByRole("textbox", { name: "Name" }).fill("Office");
  await page.keyboard.press("Enter");
  await expect(folder(page, "Office")).toBeVisible();
  await folder(page, "Office").focus();
  await page.keyboard.press("Delete");
  const asked = page.getByRole("alertdialog");
  await expect(asked).toContainText("stay");
  await asked.getByRole("button", { name: "Delete the folder" }).click();
  await expect(folder(page, "Office")).toBeHidden();
  await expect(folder(page, "Databases")).toBeVisible();
  await expect(row(page, ledger)).toBeVisible();
  await expect(row(page, limiter)).toBeVisible();
});

test("what is dragged onto a folder goes into it, and one undo brings it back", async ({ page }) => {
  await openFull(page);
  await makeFolder(page, "Work");
  await row(page, limiter).dragTo(folder(page, "Work"));
  await expect(folder(page, "Work")).toContainText("1");
  await undo(page);
  await expect(folder(page, "Work")).toContainText("0");
});

test("tags are given by name, narrow the list, and are renamed and deleted", async ({ page }) => {
  await openFull(page);
  await press(page, ledger, "t");
  await newTag(page, "urgent");
  await newTag(page, "sql");
  await page.keyboard.press("Escape");
  await expect(chip(page, /^urgent/)).toBeVisible();
  await press(page, wal, "t");
  await pick(page, "Search tags", "sql");
  await page.keyboard.press("Escape");
  await expect(chip(page, /^sql/)).toContainText("2");
  await chip(page, /^sql/).click();
  await expect(rows(page)).toHaveCount(2);
  await chip(page, /^urgent/).click();
  await expect(rows(page)).toHaveCount(1);
  await chip(page, /^urgent/).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Rename the tag" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("soon");
  await page.keyboard.press("Enter");
  await expect(chip(page, /^soon/)).toHaveAttribute("aria-pressed", "true");
  await chip(page, /^soon/).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Delete the tag" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete the tag" }).click();
  await expect(chip(page, /^soon/)).toBeHidden();
  await expect(rows(page)).toHaveCount(2);
});

test("the list is sorted and narrowed, says so, and the order is remembered", async ({ page }) => {
  await openFull(page);
  await view(page, "Title");
  await expect(list(page).getByRole("heading", { name: /^Conversations/ })).toBeVisible();
  await expect(rows(page).nth(1)).toContainText("A name for the merge");
  await view(page, "Reversed");
  await expect(rows(page).nth(1)).not.toContainText("A name for the merge");
  await page.reload();
  await expect(list(page).getByRole("heading", { name: /^Conversations/ })).toBeVisible();
  await view(page, "Pinned");
  await expect(rows(page)).toHaveCount(1);
  await chip(page, /^Pinned/).click();
  await view(page, "Answered by a model");
  await pick(page, "Search models that answered", "anthropic/claude-sonnet-4.6");
  await expect(rows(page)).toHaveText([/Retry policy/]);
  await view(page, "Archived");
  await expect(list(page)).toContainText("No conversation fits these filters");
  await list(page).getByRole("button", { name: "Show everything" }).click();
  await expect(row(page, ledger)).toBeVisible();
});

test("many are chosen by mouse or keyboard, and what is done to them is undone at once", async ({ page }) => {
  await openFull(page);
  const before = await rows(page).count();
  await row(page, ledger).click({ modifiers: ["Control"] });
  await row(page, wal).click({ modifiers: ["Control"] });
  await expect(chosen(page)).toContainText("2 chosen");
  await expect(row(page, ledger)).toHaveAttribute("aria-pressed", "true");
  await chosen(page).getByRole("button", { name: "Delete" }).click();
  await expect(rows(page)).toHaveCount(before - 2);
  await expect(chosen(page)).toBeHidden();
  await undo(page);
  await expect(rows(page)).toHaveCount(before);
  // From here to there.
  await row(page, limiter).click({ modifiers: ["Control"] });
  await row(page, notes).click({ modifiers: ["Shift"] });
  await expect(chosen(page)).toContainText(/[2-9] chosen/);
  await page.keyboard.press("Escape");
  await expect(chosen(page)).toBeHidden();
  // And without a mouse.
  await rows(page).nth(1).focus();
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Shift+ArrowDown");
  await expect(chosen(page)).toContainText(/[23] chosen/);
  await page.keyboard.press("Control+a");
  await expect(chosen(page)).toContainText(`${before} chosen`);
  await page.keyboard.press("e");
  await expect(rows(page)).toHaveCount(0);
  await undo(page);
  await expect(rows(page)).toHaveCount(before);
  await expect(chosen(page)).toBeHidden();
  // A chosen one carries the others with it.
  await makeFolder(page, "Work");
  await row(page, ledger).click({ modifiers: ["Control"] });
  await row(page, wal).click({ modifiers: ["Control"] });
  await row(page, wal).dragTo(folder(page, "Work"));
  await expect(folder(page, "Work")).toContainText("2");
});

test("thousands of conversations in folders are listed without being drawn", async ({ page }) => {
  await openFull(page);
  await makeFolder(page, "Work");
  await page.evaluate(() => {
    const world = JSON.parse(sessionStorage.getItem("engine") ?? "{}");
    const [one] = world.conversations;
    for (let i = 0; i < 5000; i += 1) {
      world.conversations.push({ ...one, id: `many-${i}`, title: `Number ${i}`, pinned: false });
      world.filed.folderOf[`many-${i}`] = world.filed.folders[0].id;
    }
    sessionStorage.setItem("engine", JSON.stringify(world));
  });
  await page.reload();
  await folder(page, "Work").click();
  await expect(folder(page, "Work")).toContainText("5000");
  await rows(page).first().focus();
  await page.keyboard.press("Control+a");
  await expect(chosen(page)).toContainText("5,000 chosen");
  expect(await list(page).locator("[data-open]").count()).toBeLessThan(80);
});

async function talked(page: Page, prompts: string[], ...targets: string[]): Promise<void> {
  await openFresh(page);
  await addTargets(page, ...targets);
  for (const text of prompts) {
    await ask(page, `/echo ${text}`);
    await expect(answer(page, targets[0] ?? "")).toContainText(text.slice(-12));
    await ended(page, ...targets);
  }
}

const found = (page: Page) =>
  page.evaluate(() => [...(CSS.highlights.get("found-now") ?? [])].map((range) => String(range as Range)));

test("words are found in what was said, and a hit leads to its turn and its words", async ({ page }) => {
  await talked(page, ["the grey heron waits", "something else", "and a third thing"], quick(1), quick(2));
  await page.keyboard.press("Control+n");
  await search(page, "grey heron");
  // The title first, then the prompt and two answers.
  await expect(list(page).getByRole("heading", { name: /^Messages/ })).toContainText("3");
  await expect(row(page, /grey heron/)).toBeVisible();
  await expect(hits(page)).toHaveCount(3);
  await expect(hits(page).first().locator("mark")).toHaveText(["grey", "heron"]);
  await list(page).getByRole("combobox", { name: "Said by" }).click();
  await page.getByRole("option", { name: "Models" }).click();
  await expect(hits(page)).toHaveCount(2);
  await expect(hits(page).last()).toContainText("simulated/fast");
  await hits(page).filter({ hasText: "seed=2" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("group", { name: "Turns", exact: true })).toContainText("turn 1 of 3");
  await expect(page.getByRole("textbox", { name: "Find", exact: true })).toHaveValue("grey heron");
  await expect.poll(() => found(page)).toEqual(["grey heron"]);
  const column = () =>
    page.evaluate(() => {
      const [range] = CSS.highlights.get("found-now") ?? [];
      return (range as Range | undefined)?.startContainer.parentElement
        ?.closest("[data-column]")
        ?.getAttribute("data-column");
    });
  expect(await column()).toBe("2");
});

test("a hit on a line that was left leads back to that line", async ({ page }) => {
  await talked(page, ["a walrus at first"], quick(1));
  await page.getByRole("button", { name: "Edit the prompt" }).click();
  const box = page.getByRole("dialog", { name: "Edit the prompt" });
  await box.getByRole("textbox", { name: "Prompt" }).fill("/echo an otter instead");
  await box.getByRole("button", { name: "Save and regenerate" }).click();
  await expect(answer(page, quick(1))).toContainText("an otter instead");
  await ended(page, quick(1));
  await search(page, "walrus");
  await expect(hits(page)).toHaveCount(2);
  await hits(page).first().click();
  await expect(answer(page, quick(1))).toContainText("a walrus at first");
  await expect.poll(() => found(page)).toEqual(["walrus"]);
});

test("hits come page by page, and one far up is read until its turn is there", async ({ page }) => {
  await talked(page, ["the first of many cranes", "the last one"], quick(1));
  await page.evaluate(() => {
    const world = JSON.parse(sessionStorage.getItem("engine") ?? "{}");
    const [prompt, reply, ...rest] = world.messages;
    // Between the first turn and the last.
    let above = reply;
    for (let i = 1; i <= 150; i += 1)
      for (const one of [prompt, reply]) {
        const id = `between-${one.role}-${i}`;
        const depth = above.depth + 1;
        const parts = [{ type: "text", text: `crane number ${i}` }];
        above = { ...one, id, depth, parts, parentId: above.id, completionId: null };
        world.messages.push(above);
      }
    rest[0].parentId = above.id;
    for (const one of rest) one.depth += 300;
    sessionStorage.setItem("engine", JSON.stringify(world));
  });
  await page.reload();
  await expect(row(page, /first of many/)).toBeVisible();
  await search(page, "crane");
  await expect(list(page).getByRole("heading", { name: /^Messages/ })).toContainText("302");
  const scroller = hits(page).first().locator("xpath=../../..");
  await expect
    .poll(async () => {
      await scroller.evaluate((box) => box.scrollTo(0, box.scrollHeight));
      return scroller.evaluate((box) => box.scrollHeight);
    })
    .toBeGreaterThan(302 * 80);
  expect(await hits(page).count()).toBeLessThan(60);
  await page.getByLabel("Search conversations").fill("first of many cranes");
  await expect(hits(page)).toHaveCount(2);
  await hits(page).filter({ hasText: "you" }).click();
  await expect.poll(() => found(page)).toEqual(["first of many cranes"]);
  await expect(page.getByRole("group", { name: "Turns", exact: true })).toContainText("turn 1 of 152");
});

test("a search says what it does not know: more than were counted, not in the index, nothing", async ({
  page,
}) => {
  await openFull(page, "&waiting=12&uncounted=1");
  await list(page).getByLabel("Search conversations").fill("the");
  await expect(list(page).getByRole("status").filter({ hasText: "More than" })).toContainText(
    "12 messages are not in it yet",
  );
  await expect(list(page).getByRole("heading", { name: /^Messages/ })).toContainText("+");
  await list(page).getByLabel("Search conversations").fill("xylophone");
  await expect(list(page)).toContainText("nobody has said it");
  await page.keyboard.press("Escape");
  await expect(row(page, ledger)).toBeVisible();
});

for (const theme of ["dark", "light"] as const)
  test(`accessible, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme });
    await openFull(page);
    const shot = async (name: string) => {
      expect(await problems(page)).toEqual([]);
      if (process.env.SHOTS_INTO)
        await page.screenshot({ path: `${process.env.SHOTS_INTO}/${name}.${theme}.png` });
    };
    await makeFolder(page, "Work");
    await makeFolder(page, "Databases and what is stored in them for longer than a year");
    await press(page, ledger, "t");
    for (const tag of ["urgent", "sql", "a tag with quite a long name", "عربي"]) await newTag(page, tag);
    await shot("tags");
    await page.keyboard.press("Escape");
    await press(page, wal, "m");
    await expect(page.getByRole("combobox", { name: "Search folders" })).toBeVisible();
    await shot("move");
    await pick(page, "Search folders", "Work");
    await page.getByRole("button", { name: "More for the folder Databases" }).click({ force: true });
    await page.getByRole("menuitem", { name: "Move into a folder" }).click();
    await pick(page, "Search folders", "Work");
    await row(page, ledger).click({ modifiers: ["Control"] });
    await row(page, notes).click({ modifiers: ["Control"] });
    await chip(page, /^urgent/).focus();
    await shot("list");
    await list(page).getByRole("button", { name: "Sort and filter" }).click();
    await expect(page.getByRole("menuitem", { name: "New folder" })).toBeVisible();
    await shot("view");
    await page.keyboard.press("Escape");
    await search(page, "retry");
    await expect(hits(page).first()).toBeVisible();
    await shot("hits");
    await hits(page).first().click();
    await expect(page.getByRole("search", { name: "Find in conversation" })).toBeVisible();
    await shot("landed");
    await page.setViewportSize({ width: 900, height: 600 });
    await shot("landed.900");
  });
