import { expect, test, type Page } from "@playwright/test";
import { problems } from "./axe";

const reports = (page: Page) => page.getByRole("navigation", { name: "Reports" });
const panel = (page: Page, name: string | RegExp) => page.getByRole("region", { name, exact: true });

async function openInsights(page: Page, scene = "full"): Promise<void> {
  await page.goto(`/?scene=${scene}`);
  await page.getByRole("button", { name: "Insights", exact: true }).click();
  await expect(page.getByRole("main", { name: "Insights" })).toBeVisible();
}

test("every report is drawn from the same calls, and can be used by everybody", async ({ page }) => {
  await openInsights(page);
  await expect(page.getByRole("slider", { name: "Cost by day" })).toBeVisible();
  expect(await problems(page)).toEqual([]);
  for (const [report, chart] of [
    ["Cost", "Tokens by day"],
    ["Latency", "Time to the first token"],
    ["Requests and errors", "Requests by day"],
    ["Caches and savings", "From a cache"],
  ] as const) {
    await reports(page).getByRole("button", { name: report, exact: true }).click();
    await expect(page.getByRole("slider", { name: chart })).toBeVisible();
  }
  expect(await problems(page)).toEqual([]);
  await reports(page).getByRole("button", { name: "Budgets", exact: true }).click();
  await expect(page.getByRole("list", { name: "Budgets" }).getByRole("listitem").first()).toContainText("$");
  expect(await problems(page)).toEqual([]);
});

test("what has no price is counted beside the cost, and is not free", async ({ page }) => {
  await openInsights(page);
  const inAll = page.getByLabel("In all");
  await expect(inAll).toContainText(/Unknown cost\s*\d+ calls/);
  await expect(inAll).toContainText("no price");
  const unpriced = reports(page).getByRole("button", { name: /llama-3\.3/ });
  await expect(unpriced).toContainText("unknown");
  await expect(reports(page).getByRole("button", { name: /qwen3/ })).toContainText("free");
});

test("a chart is read by keyboard, shown as a table, and leads to its calls", async ({ page }) => {
  await openInsights(page);
  const chart = page.getByRole("slider", { name: "Cost by day" });
  await chart.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(chart).toHaveAttribute("aria-valuetext", /\d+ \w+.*: .*\$/);
  await panel(page, "Cost by day").getByRole("button", { name: "Cost by day as a table" }).click();
  await expect(page.getByRole("table", { name: "Cost by day" }).getByRole("row")).toHaveCount(15);
  await panel(page, "Cost by day").getByRole("button", { name: "Save Cost by day as CSV" }).click();
  await expect(page.getByText("Saved cost.csv")).toBeVisible();
  await panel(page, "Cost by day").getByRole("button", { name: "Cost by day as a table" }).click();
  await chart.focus();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("tab", { selected: true })).toHaveAccessibleName("Traffic");
  await expect(page.getByRole("button", { name: "Any time" })).toBeVisible();
  await expect(page.getByRole("grid").getByRole("row").nth(1)).toBeVisible();
});

test("an error leads to the calls that failed so", async ({ page }) => {
  await openInsights(page);
  await page
    .getByRole("list", { name: "Errors by kind" })
    .getByRole("button", { name: /overloaded/ })
    .click();
  await expect(page.getByRole("button", { name: "Any outcome" })).toContainText("overloaded");
  for (const text of await page.getByRole("grid").locator("[role=row][id]").allInnerTexts())
    expect(text).toContain("503");
});

test("one line alone, another split, another time", async ({ page }) => {
  await openInsights(page);
  const line = reports(page).getByRole("button", { name: /claude-opus/ });
  const whole = await page.getByLabel("In all").innerText();
  await line.click();
  await expect(page.getByRole("button", { name: /^Show more than claude-opus/ })).toBeVisible();
  await expect.poll(async () => page.getByLabel("In all").innerText()).not.toBe(whole);
  await reports(page).getByRole("radio", { name: "Virtual key" }).check();
  await expect(reports(page).getByRole("button", { name: /aider/ })).toBeVisible();
  await reports(page).getByRole("radio", { name: "Class of prompt" }).check();
  await expect(page.getByText("No call of this time has a class")).toBeVisible();
  await page.getByRole("group", { name: "Time" }).getByRole("button", { name: "24 h", exact: true }).click();
  await expect(page.getByRole("region", { name: "Cost by hour", exact: true })).toBeVisible();
});

test("before the first call it says what it is for", async ({ page }) => {
  await openInsights(page, "fresh");
  await page.getByRole("button", { name: "Show all times" }).click();
  await expect(page.getByRole("heading", { name: "What calls cost, and how they went" })).toBeVisible();
  expect(await problems(page)).toEqual([]);
  await page.getByRole("button", { name: "Ask something" }).click();
  await expect(page.getByRole("textbox", { name: "Prompt" })).toBeVisible();
});

for (const [width, height] of [
  [900, 600],
  [640, 480],
] as const)
  test(`nothing is cut off at ${width} × ${height}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await openInsights(page);
    await expect(page.getByRole("slider", { name: "Cost by day" })).toBeVisible();
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(wide).toBe(0);
    expect(await problems(page)).toEqual([]);
  });
