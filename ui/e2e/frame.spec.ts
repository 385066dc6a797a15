import { expect, test, type Page } from "@playwright/test";
import { problems } from "./axe";
import { addTargets, answer, ask, ended, openFresh, prompt } from "./steps";

const list = (page: Page) => page.getByRole("navigation", { name: "Conversations" });
const tabs = (page: Page) => page.getByRole("tablist", { name: "Open tabs" }).getByRole("tab");
const selected = (page: Page) =>
  page.getByRole("tablist", { name: "Open tabs" }).getByRole("tab", { selected: true });

test("tabs open, close, come back and are remembered", async ({ page }) => {
  await page.goto("/?scene=full");
  await expect(tabs(page)).toHaveText(["Welcome"]);
  await list(page)
    .getByRole("button", { name: /^Ledger schema/ })
    .click();
  await expect(tabs(page)).toHaveText([/Ledger schema/]);
  await list(page)
    .getByRole("button", { name: /^Release notes/ })
    .click({ button: "middle" });
  await expect(tabs(page)).toHaveText([/Ledger schema/, /Release notes/]);
  await page.keyboard.press("Control+n");
  await expect(prompt(page)).toBeFocused();
  await page.keyboard.press("Control+,");
  await expect(selected(page)).toHaveText("Settings");
  await page.keyboard.press("Control+Tab");
  await expect(selected(page)).toHaveText(/Ledger schema/);
  await page.keyboard.press("Control+PageUp");
  await expect(selected(page)).toHaveText("Settings");
  await page.keyboard.press("Control+w");
  await expect(selected(page)).toHaveText("New conversation");
  await page.keyboard.press("Control+w");
  await page.keyboard.press("Control+Shift+t");
  await expect(selected(page)).toHaveText("New conversation");
  await page.keyboard.press("Control+Shift+PageUp");
  await expect(tabs(page)).toHaveText([/Ledger schema/, "New conversation", /Release notes/]);
  await page.reload();
  await expect(tabs(page)).toHaveText([/Ledger schema/, "New conversation", /Release notes/]);
  await expect(selected(page)).toHaveText("New conversation");
  await tabs(page).nth(2).click({ button: "middle" });
  await expect(tabs(page)).toHaveCount(2);
  await tabs(page).nth(0).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Delete");
  await expect(tabs(page)).toHaveCount(1);
});

test("who starts the window can type at once, in a new conversation and in one that was open", async ({
  page,
}) => {
  await page.goto("/?scene=full");
  await expect(prompt(page)).toBeFocused();
  await page.keyboard.type("At once");
  await expect(prompt(page)).toContainText("At once");
  await list(page)
    .getByRole("button", { name: /^Ledger schema/ })
    .click();
  await expect(selected(page)).toHaveText(/Ledger schema/);
  await page.reload();
  await expect(selected(page)).toHaveText(/Ledger schema/);
  await expect(prompt(page)).toBeFocused();
  await page.keyboard.type("Here too");
  await expect(prompt(page)).toContainText("Here too");
});

test("a tab that cannot be shown says why, and leaves the window in order", async ({ page }) => {
  await page.goto("/?scene=full");
  await list(page)
    .getByRole("button", { name: /^Ledger schema/ })
    .click({ button: "middle" });
  await expect(selected(page)).toHaveText(/Ledger schema/);
  // As if its store held something that nobody foresaw.
  await page.evaluate(() => {
    const world = JSON.parse(sessionStorage.getItem("engine") ?? "{}");
    for (const { completion } of world.rows) completion.state = { state: "failed", error: null };
    sessionStorage.setItem("engine", JSON.stringify(world));
  });
  await page.reload();
  const failed = page.getByRole("tabpanel").getByRole("alert");
  await expect(failed).toContainText("This tab cannot be shown");
  await expect(page.getByRole("status", { name: "Saved" })).toBeVisible();
  expect(await problems(page)).toEqual([]);
  await failed.getByRole("button", { name: "Close the tab" }).click();
  await expect(failed).toBeHidden();
  await expect(tabs(page)).toHaveText(["Welcome"]);
});

test("keys do nothing behind a dialog, and a tab's menu names the keys that close it", async ({ page }) => {
  await page.goto("/?scene=full");
  await list(page)
    .getByRole("button", { name: /^Retry policy/ })
    .click();
  await list(page)
    .getByRole("button", { name: /^Ledger schema/ })
    .click({ button: "middle" });
  await expect(answer(page, "simulated/steady")).toBeVisible();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: "Search commands" })).toBeFocused();
  await page.keyboard.press("Control+Shift+r");
  await page.keyboard.press("Control+w");
  await page.keyboard.press("Control+1");
  await expect(page.getByRole("combobox", { name: "Search commands" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(tabs(page)).toHaveCount(2);
  await expect(answer(page, "simulated/steady")).toHaveAttribute("aria-busy", "false");
  await expect(answer(page, "simulated/steady").getByRole("group", { name: /^Answer \d of/ })).toBeHidden();
  const close = page.getByRole("menuitem", { name: /^Close(?! the)/ });
  await tabs(page).nth(0).click({ button: "right" });
  await expect(close).toHaveText("Close");
  await page.keyboard.press("Escape");
  await tabs(page).nth(1).click({ button: "right" });
  await expect(close).toHaveText(/Ctrl/);
});

test("a tab says that answers are being written in it, while another is read", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, "simulated/slow");
  await ask(page, "/echo a slow answer that goes on for some words while something else is read");
  await page.keyboard.press("Control+,");
  await expect(page.getByRole("tab", { name: /1 live/ })).toBeVisible();
  await page.getByRole("button", { name: "Workbench" }).click();
  await ended(page, "simulated/slow");
  await expect(answer(page, "simulated/slow")).toContainText("something else is read");
});

test("the workbench fills what side bar and inspector leave of the window", async ({ page }) => {
  await page.goto("/?scene=full");
  await list(page)
    .getByRole("button", { name: /^Retry policy/ })
    .click();
  await page.keyboard.press("Control+Alt+i");
  const edges = async (name: string, role: "main" | "complementary") => {
    const box = await page.getByRole(role, { name }).boundingBox();
    return [Math.round(box?.x ?? -1), Math.round((box?.x ?? -1) + (box?.width ?? 0))];
  };
  await expect(page.getByRole("complementary", { name: "Inspector" })).toBeVisible();
  const [, side] = await edges("Side bar", "complementary");
  const [inspector, end] = await edges("Inspector", "complementary");
  expect(await edges("Workbench", "main")).toEqual([side, inspector]);
  expect(end).toBe(1280);
});

test("the unsent prompt of a tab waits there", async ({ page }) => {
  await page.goto("/?scene=full");
  await list(page)
    .getByRole("button", { name: /^Ledger schema/ })
    .click();
  await prompt(page).fill("Half a thought");
  await page.keyboard.press("Control+n");
  await expect(prompt(page)).not.toContainText("Half");
  await page.keyboard.press("Control+Shift+Tab");
  await expect(prompt(page)).toContainText("Half a thought");
});

test("conversations are pinned, archived and deleted, by menu and by keyboard, and each can be undone", async ({
  page,
}) => {
  await page.goto("/?scene=full");
  const row = (name: RegExp) => list(page).getByRole("button", { name });
  await row(/^Ledger schema/).focus();
  await page.keyboard.press("p");
  await expect(list(page).getByRole("heading", { name: /^Pinned/ })).toContainText("2");
  await row(/^Release notes/).focus();
  await page.keyboard.press("e");
  await expect(row(/^Release notes/)).toBeHidden();
  await expect(row(/^Explain the WAL/)).toBeFocused();
  await list(page)
    .getByRole("button", { name: /^Archive/ })
    .click();
  await expect(row(/^Release notes/)).toBeVisible();
  await page.getByRole("button", { name: "More for Release notes 0.9, three tones" }).click({ force: true });
  await page.getByRole("menuitem", { name: "Take out of the archive" }).click();
  await expect(list(page).getByRole("button", { name: /^Archive/ })).toBeHidden();
  await row(/^Release notes/).click();
  await row(/^Release notes/).focus();
  await page.keyboard.press("Delete");
  await expect(row(/^Release notes/)).toBeHidden();
  await expect(tabs(page).filter({ hasText: "Release notes" })).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).last().click();
  await expect(row(/^Release notes/)).toBeVisible();
});

test("a row shows its count or its menu, never one upon the other", async ({ page }) => {
  await page.goto("/?scene=full");
  const row = list(page).getByRole("button", { name: /^Ledger schema/ });
  const count = row.locator("span[aria-hidden]");
  await row.focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowDown");
  await expect(count).toBeVisible();
  await row.hover();
  await expect(row).toBeFocused();
  await expect(count).toBeHidden();
});

test("the side bar is as wide as it was left, and folds where there is no room", async ({ page }) => {
  await page.goto("/?scene=full");
  const side = page.getByRole("complementary", { name: "Side bar" });
  const sash = page.getByRole("separator", { name: "Width of the side bar" });
  await sash.focus();
  for (let i = 0; i < 4; i += 1) await page.keyboard.press("ArrowRight");
  await expect(sash).toHaveAttribute("aria-valuenow", "276");
  await page.reload();
  await expect(sash).toHaveAttribute("aria-valuenow", "276");
  // Keys are heard by the time that there is a list.
  await expect(list(page).getByRole("button", { name: /^Ledger schema/ })).toBeVisible();
  await page.keyboard.press("Control+b");
  await expect(side).toBeHidden();
  await page.keyboard.press("Control+b");
  await page.setViewportSize({ width: 900, height: 600 });
  await expect(side).toBeHidden();
  await page.getByRole("button", { name: "Workbench" }).click();
  await expect(side).toBeVisible();
  await list(page)
    .getByRole("button", { name: /^Ledger schema/ })
    .click();
  await expect(side).toBeHidden();
  await page.keyboard.press("Control+Alt+i");
  const inspector = page.getByRole("complementary", { name: "Inspector" });
  await expect(inspector).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(inspector).toBeHidden();
});

test("the palette finds commands by a few letters, keeps the last ones first, and opens conversations", async ({
  page,
}) => {
  await page.goto("/?scene=full");
  await expect(prompt(page)).toBeFocused();
  await page.keyboard.press("Control+k");
  const box = page.getByRole("combobox", { name: "Search commands" });
  await box.fill("thli");
  await expect(page.getByRole("option").first()).toContainText("Theme: light");
  await page.keyboard.press("Enter");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("option").first()).toContainText("Theme: light");
  await box.fill("wal check");
  await page.keyboard.press("Control+Enter");
  await expect(tabs(page)).toHaveText(["Welcome", /WAL checkpoint/]);
  await page.keyboard.press("Control+k");
  await box.fill(">wal check");
  await expect(page.getByRole("dialog")).toContainText("Nothing is called “wal check”.");
});

test("thousands of conversations stay a short page", async ({ page }) => {
  await page.goto("/?scene=full");
  await expect(selected(page)).toHaveText("Welcome");
  await expect(list(page)).toContainText("Retry policy");
  // Something that is remembered makes the engine keep what it has.
  await page.keyboard.press("Control+n");
  await expect(selected(page)).toHaveText("New conversation");
  await expect.poll(() => page.evaluate(() => sessionStorage.getItem("engine"))).not.toBeNull();
  // Once the page has gone, and with it whatever the engine was still about to keep.
  await page.addInitScript(() => {
    const world = JSON.parse(sessionStorage.getItem("engine") ?? "{}");
    const [one] = world.conversations;
    for (let i = 0; i < 3000; i += 1)
      world.conversations.push({ ...one, id: `many-${i}`, title: `Number ${i}`, pinned: false });
    sessionStorage.setItem("engine", JSON.stringify(world));
  });
  await page.reload();
  await page.getByLabel("Search conversations").fill("Number");
  await expect(list(page)).toContainText("Number");
  expect(await list(page).locator("[data-open]").count()).toBeLessThan(80);
});

for (const colorScheme of ["dark", "light"] as const)
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("the frame is accessible: tabs, menu, archive, palette, inspector, small", async ({ page }) => {
      await page.goto("/?scene=full");
      await list(page)
        .getByRole("button", { name: /^Ledger schema/ })
        .focus();
      await page.keyboard.press("e");
      await list(page)
        .getByRole("button", { name: /^Retry policy/ })
        .click({ button: "middle" });
      await page.keyboard.press("Control+Alt+i");
      expect(await problems(page)).toEqual([]);
      await list(page)
        .getByRole("button", { name: /^Why is p99/ })
        .click({ button: "right" });
      await expect(page.getByRole("menuitem", { name: "Pin" })).toBeVisible();
      expect(await problems(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      expect(await problems(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.setViewportSize({ width: 900, height: 600 });
      await page.getByRole("button", { name: "Workbench" }).click();
      expect(await problems(page)).toEqual([]);
    });
  });
