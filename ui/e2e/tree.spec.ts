import { expect, test, type Locator, type Page } from "@playwright/test";
import { problems } from "./axe";

const LARGE = 50_000;

const tree = (page: Page): Locator => page.getByRole("tree");
const items = (page: Page): Locator => page.getByRole("treeitem");
const selectedTab = (page: Page) =>
  page.getByRole("tablist", { name: "Open tabs" }).getByRole("tab", { selected: true });

/** The conversation with three columns of two turns, and its tree. */
async function open(page: Page, query = "scene=full"): Promise<void> {
  await page.goto(`/?${query}`);
  await page
    .getByRole("button", { name: /^Retry policy/ })
    .first()
    .click();
  await expect(page.getByRole("region", { name: /^Answer of/ }).first()).toBeVisible();
  await page.keyboard.press("Control+Shift+L");
  await expect(items(page).first()).toBeAttached();
}

/** The node that the keyboard is at, by its name. */
async function active(page: Page): Promise<string> {
  return tree(page).evaluate((element) => {
    const id = element.getAttribute("aria-activedescendant");
    return (id && document.getElementById(id)?.getAttribute("aria-label")) ?? "";
  });
}
const at = (page: Page) => expect.poll(() => active(page));

test("every node has a name, a level and a place, and the keyboard goes to each", async ({ page }) => {
  await open(page);
  await expect(selectedTab(page)).toHaveText(/^Tree: Retry policy/);
  await expect(items(page)).toHaveCount(10);
  await tree(page).focus();
  await page.keyboard.press("Home");
  await at(page).toMatch(/^you: What can go wrong/);
  await page.keyboard.press("ArrowDown");
  await at(page).toMatch(/^anthropic\/claude-sonnet-4.6: /);
  await page.keyboard.press("ArrowRight");
  await at(page).toMatch(/^simulated\/reasoning: /);
  const second = page.getByRole("treeitem", { name: /^simulated\/reasoning: / }).first();
  for (const [name, value] of [
    ["aria-level", "2"],
    ["aria-posinset", "2"],
    ["aria-setsize", "3"],
  ] as const)
    await expect(second).toHaveAttribute(name, value);
  await page.keyboard.press("ArrowLeft");
  await at(page).toMatch(/^anthropic\/claude-sonnet-4.6: /);
  await page.keyboard.press("ArrowUp");
  await at(page).toMatch(/^you: What can go wrong/);
  await page.keyboard.press("End");
  await at(page).toMatch(/branch anthropic\/claude-sonnet-4.6/);
  await page.keyboard.press("Enter");
  await expect(selectedTab(page)).toHaveText(/^Retry policy/);
});

test("several lines are selected and opened as columns", async ({ page }) => {
  await open(page);
  await tree(page).focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await page
    .getByRole("treeitem", { name: /^simulated\/reasoning: / })
    .first()
    .click({ modifiers: ["Control"] });
  await expect(page.getByRole("treeitem", { selected: true })).toHaveCount(2);
  await page.getByRole("button", { name: "Open 2 as columns" }).click();
  await expect(selectedTab(page)).toHaveText(/^Retry policy/);
  await expect(page.getByRole("region", { name: /^Answer of/ })).toHaveCount(2);
});

test("subtrees are folded and unfolded, and one can be shown alone", async ({ page }) => {
  await open(page);
  await tree(page).focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("c");
  await expect(items(page)).toHaveCount(8);
  await expect(page.getByRole("treeitem", { expanded: false })).toHaveCount(1);
  await page.keyboard.press("e");
  await expect(items(page)).toHaveCount(10);
  await page.keyboard.press("Shift+C");
  await expect(page.getByRole("treeitem", { expanded: false })).toHaveCount(2);
  await page.getByRole("button", { name: "Expand all" }).click();
  await expect(items(page)).toHaveCount(10);
  await tree(page).focus();
  await page.keyboard.press("h");
  await expect(items(page)).toHaveCount(3);
  await expect(items(page).first()).toHaveAttribute("aria-level", "1");
  await page.getByRole("button", { name: "Show the whole tree" }).click();
  await expect(items(page)).toHaveCount(10);
});

test("a node is bookmarked, its branch renamed, and what follows it deleted and brought back", async ({
  page,
}) => {
  await open(page);
  await tree(page).focus();
  await page.keyboard.press("End");
  await page.keyboard.press("b");
  await at(page).toContain("bookmarked");
  await page.keyboard.press("F2");
  await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill("careful");
  await page.keyboard.press("Enter");
  await at(page).toContain("branch careful");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Shift+F10");
  await page.getByRole("menuitem", { name: "Delete from here on" }).click();
  await expect(page.getByRole("alertdialog")).toContainText("Delete 2 messages?");
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(items(page)).toHaveCount(8);
  await page.keyboard.press("Control+Alt+z");
  await expect(items(page)).toHaveCount(10);
  await page.keyboard.press("Control+Alt+z");
  await at(page).not.toContain("branch careful");
});

test("words are found, marked and gone to", async ({ page }) => {
  await open(page);
  const search = page.getByRole("textbox", { name: "Search in the tree" });
  await search.fill("server already applied");
  await expect(page.getByRole("search").getByRole("status")).toHaveText("1 of 1");
  await search.press("Enter");
  await at(page).toMatch(/^you: What can go wrong/);
  await search.fill("no such words");
  await expect(page.getByRole("search").getByRole("status")).toHaveText("nothing");
});

test("50,000 nodes are seen, moved in and zoomed, with few of them in the page", async ({ page }) => {
  await open(page, `scene=full&forest=${LARGE}`);
  await expect(page.getByText("50,000 nodes, 3 branches, 6 models")).toBeVisible();
  await expect.poll(() => items(page).count()).toBeLessThan(200);
  await tree(page).focus();
  await at(page).toContain("branch main");
  const before = await active(page);
  await page.keyboard.press("Home");
  await at(page).toMatch(/: 0\. /);
  await page.keyboard.press("End");
  await at(page).not.toMatch(/: 0\. /);
  expect(await active(page)).not.toBe("");
  expect(before).not.toBe("");
  await page.keyboard.press("0");
  await expect(page.getByRole("button", { name: /zoom to 100 %/ })).not.toHaveText(/^100/);
  await page.keyboard.press("1");
  await expect(page.getByRole("button", { name: /zoom to 100 %/ })).toHaveText(/^100/);
  const box = await tree(page).boundingBox();
  if (!box) throw new Error("the tree is not shown");
  await page.mouse.move(box.x + 300, box.y + 200);
  await page.mouse.wheel(0, 300);
  await expect(page.getByRole("button", { name: /zoom to 100 %/ })).not.toHaveText(/^100/);
  await page.getByRole("button", { name: "Collapse others" }).click();
  await expect(page.getByRole("button", { name: "Expand all" })).toBeVisible();
});

test("the tree beside the columns: the active line, and what hangs on it folded", async ({ page }) => {
  await page.goto("/?scene=full");
  await page
    .getByRole("button", { name: /^Retry policy/ })
    .first()
    .click();
  await expect(page.getByRole("region", { name: /^Answer of/ }).first()).toBeVisible();
  if (!(await page.getByRole("tab", { name: "Tree", exact: true }).isVisible()))
    await page.getByRole("button", { name: "Show the inspector" }).click();
  await page.getByRole("tab", { name: "Tree", exact: true }).click();
  await expect(items(page)).toHaveCount(6);
  await tree(page).focus();
  await page.keyboard.press("Home");
  await at(page).toMatch(/^you: What can go wrong/);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await at(page).toMatch(/^simulated\/reasoning: /);
  expect(await problems(page)).toEqual([]);
  await page.getByRole("button", { name: "Open the tree in a tab" }).click();
  await expect(selectedTab(page)).toHaveText(/^Tree: /);
});

for (const colorScheme of ["dark", "light"] as const)
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("nothing is out of reach: small, large, folded and selected", async ({ page }) => {
      await open(page, "scene=full&forest=400");
      await tree(page).focus();
      await page.keyboard.press("Space");
      expect(await problems(page)).toEqual([]);
      await page.setViewportSize({ width: 900, height: 600 });
      await page.keyboard.press("Shift+F10");
      await expect(page.getByRole("menu")).toBeVisible();
      expect(await problems(page)).toEqual([]);
    });
  });

/** Colours of the canvas's upper left corner: what it is drawn on. */
const ground = (page: Page) =>
  page
    .locator("canvas")
    .first()
    .evaluate((canvas: HTMLCanvasElement) => [
      ...(canvas.getContext("2d")?.getImageData(2, 2, 1, 1).data ?? []),
    ]);

test("the canvas follows the theme", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await open(page);
  await expect.poll(async () => (await ground(page))[0]).toBeLessThan(60);
  await page.emulateMedia({ colorScheme: "light" });
  await expect.poll(async () => (await ground(page))[0]).toBeGreaterThan(200);
});

/** How many pixels of the canvas are others than in a picture of before, and that picture. */
const drawn = (page: Page, before: string | null) =>
  page
    .locator("canvas")
    .first()
    .evaluate(async (canvas: HTMLCanvasElement, earlier) => {
      const now = canvas.toDataURL();
      if (earlier === null) return { now, others: NaN };
      const image = new Image();
      image.src = earlier;
      await image.decode();
      const copy = document.createElement("canvas");
      [copy.width, copy.height] = [canvas.width, canvas.height];
      const pen = copy.getContext("2d");
      pen?.drawImage(image, 0, 0);
      const was = pen?.getImageData(0, 0, copy.width, copy.height).data ?? [];
      const is = canvas.getContext("2d")?.getImageData(0, 0, copy.width, copy.height).data ?? [];
      let others = 0;
      for (let i = 0; i < is.length; i++) if (Math.abs((is[i] ?? 0) - (was[i] ?? 0)) > 8) others++;
      return { now, others };
    }, before);

test("what is drawn piece by piece while it moves is what is drawn at once", async ({ page }) => {
  await open(page, "scene=full&forest=2000");
  const box = await tree(page).boundingBox();
  if (!box) throw new Error("the tree is not shown");
  await tree(page).focus();
  await page.keyboard.press("1");
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 1; step <= 12; step++) await page.mouse.move(x + step * 31, y - step * 7);
  await page.mouse.up();
  // Off the boxes, so that none of them is under the pointer; then everything rests.
  await page.mouse.move(box.x + 1, box.y - 10);
  await page.waitForTimeout(400);
  const pieces = await drawn(page, null);
  // What is selected is looked at anew: the whole is drawn.
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Clear the selection" })).toBeVisible();
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Clear the selection" })).toBeHidden();
  await page.waitForTimeout(200);
  expect((await drawn(page, pieces.now)).others).toBeLessThan(1_000);
  await page.mouse.move(x, y);
  for (const by of [120, 120, -120, -120]) await page.mouse.wheel(0, by);
  await page.waitForTimeout(600);
  const zoomed = await drawn(page, null);
  await page.keyboard.press("Space");
  await page.keyboard.press("Space");
  await page.waitForTimeout(200);
  expect((await drawn(page, zoomed.now)).others).toBeLessThan(1_000);
});
