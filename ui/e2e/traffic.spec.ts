/** Calls through the gateway: listed as they come, filtered, looked at, opened, replayed and copied. */
import { expect, test, type Page } from "@playwright/test";
import { problems } from "./axe";

const grid = (page: Page) => page.getByRole("grid", { name: "Calls" });
const rows = (page: Page) => grid(page).getByRole("row", { name: /\d/ });
const call = (page: Page) => page.getByRole("region", { name: "Call", exact: true });
const filters = (page: Page) => page.getByRole("navigation", { name: "Filters" });
const newOnes = (page: Page) => page.getByRole("button", { name: /^\d+ new$/ });

async function openTraffic(page: Page, span = "30 d"): Promise<void> {
  await page.goto("/?scene=full");
  await page.getByRole("button", { name: "Traffic", exact: true }).click();
  await page.getByRole("group", { name: "Time" }).getByRole("button", { name: span, exact: true }).click();
  await expect(rows(page).first()).toBeVisible();
}

/** The keyboard's way, and the palette's. */
async function command(page: Page, title: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search commands" }).fill(title);
  await page.getByRole("option", { name: title }).first().click();
}

/** Opens one that became a conversation. */
async function openCaptured(page: Page): Promise<void> {
  await filters(page).getByRole("button", { name: "claude-code" }).click();
  await filters(page).getByRole("button", { name: "Answered" }).click();
  await expect(rows(page).first()).toContainText("claude-code");
  await rows(page).first().click();
  await expect(call(page).getByRole("button", { name: "Open as conversation" })).toBeEnabled();
}

test("the newest call stands first, and new ones come in front of it", async ({ page }) => {
  await openTraffic(page);
  const first = await rows(page).first().getAttribute("id");
  await expect(page.getByText("Following")).toBeVisible();
  await expect.poll(async () => rows(page).first().getAttribute("id")).not.toBe(first);
  expect(await problems(page)).toEqual([]);
});

test("while somebody reads nothing moves; what is new is counted, and comes when it is wanted", async ({
  page,
}) => {
  await openTraffic(page);
  await grid(page).evaluate((scroller) => scroller.scrollTo({ top: 900 }));
  const seen = rows(page).nth(20);
  const id = (await seen.getAttribute("id")) ?? "";
  const row = page.locator(`[id="${id}"]`);
  const before = await row.boundingBox();
  await expect(newOnes(page)).toBeVisible();
  expect(await row.boundingBox()).toEqual(before);
  await newOnes(page).click();
  await expect(page.getByText("Following")).toBeVisible();
  expect(await grid(page).evaluate((scroller) => scroller.scrollTop)).toBe(0);
});

test("it can be paused, and followed again", async ({ page }) => {
  await openTraffic(page);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  const first = await rows(page).first().getAttribute("id");
  await expect(newOnes(page)).toBeVisible();
  expect(await rows(page).first().getAttribute("id")).toBe(first);
  await page.getByRole("button", { name: "Follow", exact: true }).click();
  await expect.poll(async () => rows(page).first().getAttribute("id")).not.toBe(first);
});

test("only the rows in sight are drawn, and the end of a long list is reached by keyboard", async ({
  page,
}) => {
  await openTraffic(page, "All");
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await grid(page).focus();
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press("End");
    await page.waitForTimeout(150);
  }
  const count = Number(await grid(page).getAttribute("aria-rowcount"));
  expect(count).toBeGreaterThan(600);
  expect(await rows(page).count()).toBeLessThan(80);
  await expect(grid(page)).toHaveAttribute("aria-activedescendant", /.+/);
});

test("filters narrow the list, name nothing that does not fit, and are cleared at once", async ({ page }) => {
  await openTraffic(page);
  await filters(page).getByRole("button", { name: "Failed" }).click();
  await expect(rows(page).first()).toContainText(/503|429/);
  for (const text of await rows(page).allInnerTexts()) expect(text).toMatch(/503|429/);
  await filters(page).getByRole("combobox", { name: "Status" }).click();
  await page.getByRole("option", { name: "429, too many" }).click();
  await expect(grid(page).getByText("503")).toHaveCount(0);
  await filters(page).getByRole("searchbox", { name: "Filter calls" }).fill("nobody-asked-this");
  await expect(page.getByRole("heading", { name: "No call like that" })).toBeVisible();
  await page.getByRole("button", { name: "Show all calls" }).click();
  await expect(rows(page).first()).toBeVisible();
  await expect(filters(page).getByRole("button", { name: "Clear filters" })).toBeDisabled();
});

test("filters by what it took and cost fit every row", async ({ page }) => {
  await openTraffic(page);
  await filters(page).getByRole("button", { name: "Over 20,000 tokens" }).click();
  await expect(page.getByRole("button", { name: "Over 20,000 tokens" })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await expect(page.locator("[data-stale]")).toHaveCount(0);
  const tokens = await grid(page).locator("[role=row] [data-c=tokens][role=gridcell]").allInnerTexts();
  expect(tokens.length).toBeGreaterThan(3);
  for (const text of tokens) expect(Number(text.replaceAll(",", ""))).toBeGreaterThanOrEqual(20_000);
});

test("a call shows its attempts on a line of time, and exactly what was asked, sent on and answered", async ({
  page,
}) => {
  await openTraffic(page);
  await filters(page).getByRole("button", { name: "Fell back" }).click();
  await filters(page).getByRole("button", { name: "Answered" }).click();
  await expect(rows(page).first()).toContainText("3 tries");
  await rows(page).first().click();
  const attempts = call(page).getByRole("region", { name: "Attempts" }).getByRole("listitem");
  await expect(attempts).toHaveCount(3);
  await expect(attempts.first()).toContainText("529 overloaded");
  const asked = call(page).getByRole("group", { name: "What the caller asked" });
  await expect(asked).toContainText('"model"');
  await expect(asked).toContainText("user-agent");
  await call(page).getByRole("button", { name: "Raw", exact: true }).click();
  await expect(asked).toContainText('{"model":');
  await attempts.first().getByRole("button").click();
  const sent = call(page).getByRole("group", { name: "Request" });
  await expect(sent).toContainText("Bearer [redacted");
  await call(page).getByRole("button", { name: "Answer", exact: true }).click();
  await expect(call(page).getByRole("group", { name: "Response" })).toContainText("Status 529");
  expect(await problems(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(call(page)).toBeHidden();
});

test("what was kept in figures only says so, and offers nothing that it cannot do", async ({ page }) => {
  await openTraffic(page);
  await filters(page).getByRole("button", { name: "cron-nightly" }).click();
  await rows(page).first().click();
  await expect(call(page)).toContainText("Only the figures of this call were kept");
  await expect(call(page).getByRole("button", { name: "Open as conversation" })).toBeDisabled();
  await expect(call(page).getByRole("button", { name: "Replay with…" })).toBeDisabled();
  await call(page).getByRole("button", { name: "Copy this call" }).click();
  await expect(page.getByRole("menuitem", { name: "Copy as curl" })).toBeDisabled();
});

test("a call is opened as the conversation that it became", async ({ page }) => {
  await openTraffic(page);
  await openCaptured(page);
  await call(page).getByRole("button", { name: "Open as conversation" }).click();
  await expect(page.getByRole("textbox", { name: "Prompt" })).toBeVisible();
  await expect(page.getByRole("tab", { selected: true })).not.toHaveAccessibleName("Traffic");
  await expect(page.getByRole("region", { name: /^Answer of / }).first()).toBeVisible();
});

test("a call is asked again of two other models, whose answers stand beside it", async ({ page }) => {
  await openTraffic(page);
  await openCaptured(page);
  await command(page, "Traffic: replay the call with other models");
  const dialog = page.getByRole("dialog", { name: "Replay with other models" });
  const search = dialog.getByRole("combobox", { name: "Search models" });
  for (const target of ["simulated/fast", "simulated/reasoning"]) {
    await search.fill(target);
    await page.keyboard.press("Enter");
  }
  await expect(dialog.getByRole("list", { name: "Chosen models" }).getByRole("listitem")).toHaveCount(2);
  expect(await problems(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Replay", exact: true }).click();
  for (const target of ["simulated/fast", "simulated/reasoning"])
    await expect(
      page.getByRole("region", { name: `Answer of ${target}`, exact: true }).first(),
    ).toBeVisible();
});

test("a call is copied as a program that asks our own gateway, with a place for the key", async ({
  page,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openTraffic(page);
  await openCaptured(page);
  const kinds = [
    ["curl", "curl -N 'http://127.0.0.1:4141/v1/messages'"],
    ["Python", 'httpx.stream("POST", "http://127.0.0.1:4141/v1/messages"'],
    ["TypeScript", 'await fetch("http://127.0.0.1:4141/v1/messages"'],
  ] as const;
  for (const [kind, begins] of kinds) {
    await call(page).getByRole("button", { name: "Copy this call" }).click();
    await page.getByRole("menuitem", { name: `Copy as ${kind}` }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain(begins);
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("ORCHESITY_KEY");
  }
});

test("before the first call the page says what it is for, and leads to the switch", async ({ page }) => {
  await page.goto("/?scene=fresh");
  await page.getByRole("button", { name: "Traffic", exact: true }).click();
  await page.getByRole("group", { name: "Time" }).getByRole("button", { name: "All", exact: true }).click();
  await expect(page.getByRole("heading", { name: "What your tools ask" })).toBeVisible();
  expect(await problems(page)).toEqual([]);
  await page.getByRole("button", { name: "Switch the gateway on" }).click();
  await expect(page.getByRole("switch", { name: "Gateway" })).toBeVisible();
});

for (const [width, height] of [
  [900, 600],
  [640, 480],
] as const)
  test(`nothing is cut off at ${width} × ${height}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await openTraffic(page);
    await rows(page).first().click();
    await expect(call(page).getByRole("button", { name: "Close the call" })).toBeInViewport();
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(wide).toBe(0);
    expect(await problems(page)).toEqual([]);
  });
