import { expect, test, type Page } from "@playwright/test";
import { problems } from "./axe";

const side = (page: Page) => page.getByRole("navigation", { name: "Catalog" });
const grid = (page: Page) => page.getByRole("grid", { name: "Models" });
const row = (page: Page, name: string | RegExp) => grid(page).getByRole("row", { name }).first();
const found = (page: Page) => page.getByRole("main", { name: "Models" }).getByRole("status").first();

async function openModels(page: Page, scene = "full"): Promise<void> {
  await page.goto(`/?scene=${scene}`);
  await page.getByRole("button", { name: "Models", exact: true }).click();
  await expect(row(page, /anthropic\/claude-opus-4\.8/)).toBeVisible();
}

const openPage = (page: Page, name: string | RegExp) => side(page).getByRole("button", { name }).click();

for (const colorScheme of ["dark", "light"] as const)
  test(`every page can be used by everybody, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await openModels(page);
    expect(await problems(page)).toEqual([]);
    await row(page, /anthropic\/claude-sonnet-4\.6/).click();
    await expect(page.getByRole("region", { name: "Model", exact: true })).toContainText("LMArena, text");
    expect(await problems(page)).toEqual([]);
    for (const [name, shows] of [
      ["Rankings", page.getByRole("grid", { name: "Ranking" })],
      ["Price calculator", page.getByRole("table", { name: "What it would cost" })],
      ["Your models and prices", page.getByRole("table", { name: "Your models and prices" })],
      [/^Names/, page.getByRole("table", { name: "Doubtful names" })],
      [/^Sources/, page.getByRole("table", { name: "Lists" })],
    ] as const) {
      await openPage(page, name);
      await expect(shows).toBeVisible();
      expect(await problems(page)).toEqual([]);
    }
  });

test("thousands of models are searched, filtered and sorted, and every filter says what it would find", async ({
  page,
}) => {
  await openModels(page);
  const all = Number((await found(page).innerText()).replaceAll(/\D/g, ""));
  expect(all).toBeGreaterThan(1_500);
  // Only what is in sight is drawn.
  expect(await grid(page).getByRole("row").count()).toBeLessThan(80);
  await side(page).getByRole("searchbox", { name: "Search models" }).fill("sonnet, gpt mini");
  await expect(grid(page).locator("[role=row][id]").first()).toContainText("sonnet");
  for (const text of await grid(page).locator("[role=row][id]").allInnerTexts())
    expect(text).toMatch(/sonnet|gpt.*mini/);
  const ready = side(page).getByRole("checkbox", { name: /Ready now/ });
  const count = await side(page).locator("label").filter({ hasText: "Ready now" }).innerText();
  await ready.check();
  const few = Number(count.replaceAll(/\D/g, ""));
  await expect(found(page)).toContainText(`${few} of`);
  await page.getByRole("button", { name: "No longer ready now" }).click();
  await expect(ready).not.toBeChecked();
  await page.getByRole("button", { name: "Clear", exact: true }).click();
  const slider = side(page).getByRole("slider", { name: "Output price, at most" });
  await slider.focus();
  await page.keyboard.press("End");
  await expect(slider).toHaveAttribute("aria-valuetext", "free");
  await expect(row(page, /:free/)).toBeVisible();
  await page.keyboard.press("Home");
  await grid(page).getByRole("columnheader", { name: "Quality" }).getByRole("button").click();
  await expect(grid(page).getByRole("columnheader", { name: "Quality" })).toHaveAttribute(
    "aria-sort",
    "descending",
  );
  await expect(grid(page).locator("[role=row][id]").first()).toContainText("claude-opus-4.8");
  await side(page).getByRole("searchbox").fill("no such model");
  await expect(page.getByRole("heading", { name: "No model like that" })).toBeVisible();
  expect(await problems(page)).toEqual([]);
  await page.getByRole("button", { name: "Show all models" }).click();
  await expect(grid(page)).toBeVisible();
});

test("by keyboard alone models are put side by side, the best is marked, and those that can be are asked", async ({
  page,
}) => {
  await openModels(page);
  await side(page).getByRole("searchbox").fill("sonnet-4.6, gpt-5.4, qwen3");
  await expect(found(page)).toContainText(" of ");
  await grid(page).focus();
  for (const name of ["anthropic/claude-sonnet-4.6", "openai/gpt-5.4", "ollama/qwen3:4b"]) {
    await page.keyboard.press("Home");
    for (let i = 0; i < 20; i++) {
      const at = await grid(page).getAttribute("aria-activedescendant");
      const marked = at === null ? "" : ((await page.locator(`[id="${at}"]`).textContent()) ?? "");
      if (marked.includes(name)) break;
      await page.keyboard.press("ArrowDown");
    }
    await page.keyboard.press("Space");
  }
  const table = page.getByRole("table", { name: "Comparison" });
  await expect(table.getByRole("columnheader")).toHaveCount(3);
  const best = async (title: string) =>
    table
      .getByRole("row", { name: new RegExp(`^${title}`) })
      .locator("td", { hasText: "(best)" })
      .count();
  expect(await best("Context window")).toBe(1);
  expect(await best("Input")).toBe(1);
  await expect(table.getByRole("row", { name: /LMArena, text/ })).toContainText("not rated");
  expect(await problems(page)).toEqual([]);
  await page.getByRole("button", { name: "Fold the comparison" }).click();
  await expect(table).toBeHidden();
  await page.getByRole("button", { name: "Ask 2 of 3" }).click();
  await expect(page.getByRole("textbox", { name: "Prompt" })).toBeVisible();
  for (const target of ["anthropic/claude-sonnet-4.6", "ollama/qwen3:4b"])
    await expect(page.getByRole("button", { name: `Remove target ${target}`, exact: true })).toBeAttached();
});

test("a model shows who offers it, its scores with their day, and its history; Esc closes it", async ({
  page,
}) => {
  await openModels(page);
  await row(page, /anthropic\/claude-sonnet-4\.6/).click();
  const model = page.getByRole("region", { name: "Model", exact: true });
  await expect(model.getByRole("table", { name: "Who offers it" }).getByRole("row")).toHaveCount(4);
  await expect(model).toContainText("41,907 votes; LMArena leaderboard, 2025-08-21");
  await expect(model.getByRole("region", { name: "History of its prices" })).toContainText(
    "$3.30 → $3.00 in",
  );
  await expect(model).toContainText("more than 200,000 tokens");
  await expect(model).toContainText("sonnet-prod");
  await page.keyboard.press("Escape");
  await expect(model).toBeHidden();
});

test("rankings show what a score is made of, and costs follow what is asked", async ({ page }) => {
  await openModels(page);
  await openPage(page, "Rankings");
  const ranking = page.getByRole("grid", { name: "Ranking" });
  await expect(ranking.getByRole("img", { name: /^quality .* \+ cost/ }).first()).toBeVisible();
  for (const name of ["Quality", "Speed", "Budget", "Long context"]) {
    await page.getByRole("group", { name: "Ranked by" }).getByRole("button", { name, exact: true }).click();
    await expect(ranking.locator("[role=row][id]").first()).toContainText("1");
  }
  await openPage(page, "Price calculator");
  const table = page.getByRole("table", { name: "What it would cost" });
  const opus = table.getByRole("row", { name: /claude-opus-4\.6/ });
  // 1,000 × (2,000 × $5 + 500 × $25) / 1M
  await expect(opus).toContainText("$22.50");
  await page.getByRole("textbox", { name: "of them cached" }).fill("1000");
  await expect(opus).toContainText("$18.00");
  await page.getByRole("button", { name: "CSV" }).click();
  await expect(page.getByText("Saved model-costs.csv")).toBeVisible();
});

test("doubtful names are answered, and that is taken back", async ({ page }) => {
  await openModels(page);
  await openPage(page, /^Names 5/);
  const doubts = page.getByRole("table", { name: "Doubtful names" });
  await page
    .getByRole("button", { name: "Same model: claud-sonnet-4.6 is anthropic/claude-sonnet-4.6" })
    .click();
  await expect(doubts.getByRole("row")).toHaveCount(5);
  const words = page.getByRole("table", { name: "Your words on names" });
  await expect(words).toContainText("claud-sonnet-4.6");
  await page.getByRole("button", { name: "Another: gpt-5.4-thinkng is a model of its own" }).click();
  await expect(words.getByRole("row", { name: /gpt-5\.4-thinkng/ })).toContainText("a model of its own");
  await page.getByRole("button", { name: "Undo" }).last().click();
  await expect(doubts.getByRole("row")).toHaveCount(5);
  await page.getByRole("textbox", { name: "The name" }).fill("my-deployment");
  await page.getByRole("combobox", { name: "means the model" }).fill("openai/gpt-5.4");
  await page.getByRole("button", { name: "Say so" }).click();
  await expect(words.getByRole("row", { name: /my-deployment/ })).toBeVisible();
});

test("sources say how they are, jumps wait for a yes or no, and a bad list says why", async ({ page }) => {
  await openModels(page);
  await openPage(page, /^Sources 2/);
  await expect(
    page.getByRole("table", { name: "Lists" }).getByRole("row", { name: /openrouter/ }),
  ).toContainText("failed 3 times: the server answered 503");
  const held = page.getByRole("table", { name: "Prices that wait for a yes" });
  await page.getByRole("button", { name: "Refuse the price of openai/gpt-5.4-mini" }).click();
  await expect(held.getByRole("row")).toHaveCount(2);
  await page.getByRole("button", { name: "Accept the price of mistral/mistral-small-2603" }).click();
  await expect(held).toBeHidden();
  await page.getByRole("button", { name: "From an address…" }).click();
  const dialog = page.getByRole("dialog", { name: "Take a list from an address" });
  await dialog.getByRole("textbox", { name: "Address" }).fill("https://example.org/page");
  await dialog.getByRole("button", { name: "Take it" }).click();
  await expect(dialog.getByRole("alert")).toContainText("nothing of it was taken");
  expect(await problems(page)).toEqual([]);
  await dialog.getByRole("textbox", { name: "Address" }).fill("https://models.dev/api.json");
  await dialog.getByRole("button", { name: "Take it" }).click();
  await expect(page.getByText(/models-dev: 842/)).toBeVisible();
  await page.getByRole("button", { name: "Sync now" }).click();
  await expect(page.getByText(/models taken/)).toBeVisible();
});

test("a model of one's own is added, changed and taken back, and counts in the list", async ({ page }) => {
  await openModels(page);
  await openPage(page, "Your models and prices");
  await page.getByRole("button", { name: "Add a model" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a model" });
  await dialog.getByRole("textbox", { name: "Model", exact: true }).fill("ollama/house-blend");
  await dialog.getByRole("textbox", { name: "Context window" }).fill("lots");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("a whole number of tokens")).toBeVisible();
  await dialog.getByRole("textbox", { name: "Context window" }).fill("16,384");
  await dialog.getByRole("textbox", { name: "Input, $ per 1M", exact: true }).fill("0.4");
  await dialog.getByRole("textbox", { name: "Output, $ per 1M", exact: true }).fill("1.2");
  expect(await problems(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await side(page).getByRole("searchbox").fill("house-blend");
  await expect(row(page, /ollama\/house-blend/)).toContainText("16,384");
  await expect(row(page, /ollama\/house-blend/)).toContainText("$1.20");
  await openPage(page, "Your models and prices");
  await page.getByRole("button", { name: "Take back ollama/house-blend" }).click();
  await expect(page.getByRole("button", { name: "Take back ollama/house-blend" })).toBeHidden();
  await page.getByRole("button", { name: "Undo" }).last().click();
  await expect(page.getByRole("button", { name: "Take back ollama/house-blend" })).toBeVisible();
});

for (const [width, height] of [
  [900, 600],
  [640, 480],
] as const)
  test(`nothing is cut off at ${width} × ${height}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await openModels(page);
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(wide).toBe(0);
    expect(await problems(page)).toEqual([]);
  });

test("the status bar says when the catalog was synced, and leads to its lists", async ({ page }) => {
  await page.goto("/?scene=full");
  const item = page
    .getByRole("contentinfo", { name: "Status" })
    .getByRole("button", { name: /^catalog (synced|of) / });
  await expect(item).toBeVisible();
  await item.click();
  await expect(page.getByRole("tab", { selected: true })).toHaveAccessibleName("Models");
  await expect(page.getByRole("table", { name: "Lists" })).toContainText("litellm");
  expect(await problems(page)).toEqual([]);
});
