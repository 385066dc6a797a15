/** The gateway in Settings and in the status bar: its switch, keys for tools, and what to copy where. */
import { expect, test, type Page } from "@playwright/test";
import { problems } from "./axe";

const page1 = (page: Page) => page.getByRole("main", { name: "Settings" });
const theSwitch = (page: Page) => page.getByRole("switch", { name: "Gateway" });
const status = (page: Page) => page.getByRole("contentinfo", { name: "Status" });
const keys = (page: Page) => page.getByRole("list", { name: "Keys", exact: true });

async function openSettings(page: Page, scene = "full"): Promise<void> {
  await page.goto(`/?scene=${scene}`);
  await status(page)
    .getByRole("button", { name: /^gateway/ })
    .click();
  await expect(theSwitch(page)).toBeVisible();
}

test("it is off until it is switched on, says where it listens, and is on again after a reload", async ({
  page,
}) => {
  await openSettings(page, "fresh");
  await expect(theSwitch(page)).not.toBeChecked();
  await expect(status(page)).toContainText("gateway off");
  await theSwitch(page).click();
  await expect(page1(page)).toContainText("http://127.0.0.1:4141");
  await expect(page1(page)).toContainText("No key is in force");
  await expect(status(page)).toContainText("gateway 127.0.0.1:4141");
  expect(await problems(page)).toEqual([]);
  await page.reload();
  await expect(status(page)).toContainText("gateway 127.0.0.1:4141");
});

test("it is switched from the palette as well", async ({ page }) => {
  await page.goto("/?scene=full");
  await expect(status(page)).toContainText("gateway 127.0.0.1:4141");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search commands" }).fill("Switch the gateway");
  await page.keyboard.press("Enter");
  await expect(status(page)).toContainText("gateway off");
});

test("a port that somebody else has is a problem that says what to do, and one button mends it", async ({
  page,
}) => {
  await openSettings(page);
  const port = page.getByRole("textbox", { name: "Port" });
  await port.fill("70000");
  await port.press("Enter");
  await expect(page1(page).getByRole("alert")).toContainText("up to 65535");
  await port.fill("8080");
  await port.press("Enter");
  await expect(page1(page).getByRole("alert")).toContainText("in use");
  await expect(status(page)).toContainText("gateway does not listen");
  expect(await problems(page)).toEqual([]);
  await page.getByRole("button", { name: "Use port 8081" }).click();
  await expect(page1(page)).toContainText("http://127.0.0.1:8081");
  await expect(port).toHaveValue("8081");
});

test("others are let in only after a question", async ({ page }) => {
  await openSettings(page);
  const choose = async () => {
    await page.getByRole("combobox", { name: "Reached from" }).click();
    await page.getByRole("option", { name: "Other machines too" }).click();
  };
  await choose();
  const dialog = page.getByRole("alertdialog", { name: "Let other machines reach the gateway?" });
  await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page1(page)).toContainText("Nobody but this machine reaches it.");
  await choose();
  await dialog.getByRole("button", { name: "Let them" }).click();
  await expect(page1(page)).toContainText("Other machines reach it at 0.0.0.0");
});

test("a key is shown once, can be copied, and is never shown again", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openSettings(page);
  await page.getByRole("button", { name: "Issue a key" }).click();
  const form = page.getByRole("dialog", { name: "Issue a key" });
  await form.getByRole("textbox", { name: "Dollars a day" }).fill("lots");
  await form.getByRole("button", { name: "Issue", exact: true }).click();
  await expect(form.getByRole("alert")).toHaveCount(2);
  expect(await problems(page)).toEqual([]);
  await form.getByRole("textbox", { name: "Name" }).fill("codex");
  await form.getByRole("textbox", { name: "Dollars a day" }).fill("2.50");
  await form.getByRole("textbox", { name: "Requests a minute" }).fill("30");
  await form.getByRole("textbox", { name: "Targets" }).fill("anthropic/*");
  await form.getByRole("button", { name: "Issue", exact: true }).click();
  const shown = page.getByRole("dialog", { name: "Key of codex" });
  const key = (await shown.getByText(/^ork_/).innerText()).trim();
  expect(key).toMatch(/^ork_[0-9a-z]{64}$/);
  await shown.getByRole("button", { name: "Copy the key" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  expect(await problems(page)).toEqual([]);
  await shown.getByRole("button", { name: "Done" }).click();
  const entry = keys(page).getByRole("listitem").filter({ hasText: "codex" }).first();
  await expect(entry).toContainText("anthropic/*, 30 requests a minute");
  await expect(entry).toContainText("$0 of $2.50 a day");
  expect(await page.content()).not.toContain(key);
});

test("a key is revoked after a question, and stays in the list as such", async ({ page }) => {
  await openSettings(page);
  await page.getByRole("button", { name: "Revoke the key of zed" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Revoke the key of zed?" });
  await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
  await dialog.getByRole("button", { name: "Revoke", exact: true }).click();
  await expect(page.getByRole("button", { name: "Revoke the key of zed" })).toHaveCount(0);
  await page.getByRole("button", { name: "Show 2 that are out of force" }).click();
  await expect(keys(page).getByRole("listitem").filter({ hasText: "zed" }).first()).toContainText("revoked");
});

test("every tool has something to copy, with our address and no key in it", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openSettings(page);
  const tool = page.getByRole("combobox", { name: "Tool" });
  const tools = [
    "Codex",
    "Cursor",
    "Continue",
    "aider",
    "llm",
    "OpenAI SDK, Python",
    "Anthropic SDK, Node",
    "Google Gen AI SDK, Python",
    "curl",
  ];
  for (const name of tools) {
    await tool.click();
    await page.getByRole("option", { name, exact: true }).click();
    await page.getByRole("button", { name: "Copy code" }).last().click();
    await expect(page.getByRole("group", { name: /^Code/ }).first()).toBeVisible();
    const all = await page.getByRole("region", { name: "Set up a tool" }).innerText();
    expect(all, name).toContain("http://127.0.0.1:4141");
    expect(all, name).not.toMatch(/ork_[0-9a-z]{12}/);
  }
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(
    "curl http://127.0.0.1:4141/v1",
  );
  expect(await problems(page)).toEqual([]);
});

test("a test waits for the next call, shows it as it arrives, and leads to it", async ({ page }) => {
  await openSettings(page);
  await page.getByRole("button", { name: "Test it" }).click();
  const tools = page.getByRole("region", { name: "Set up a tool" });
  await expect(tools).toContainText("Waiting for a call");
  await expect(tools).toContainText("A call arrived");
  expect(await problems(page)).toEqual([]);
  await tools.getByRole("button", { name: "Show in Traffic" }).click();
  await expect(page.getByRole("region", { name: "Call", exact: true })).toBeVisible();
});

test("nothing can be tested while it is off", async ({ page }) => {
  await openSettings(page, "fresh");
  await expect(page.getByRole("button", { name: "Test it" })).toBeDisabled();
  await expect(page1(page)).toContainText("Switch the gateway on to test it.");
  expect(await problems(page)).toEqual([]);
});

for (const [width, height] of [
  [900, 600],
  [640, 480],
] as const)
  test(`nothing is cut off at ${width} × ${height}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await openSettings(page);
    await page.getByRole("button", { name: "Issue a key" }).click();
    const issue = page.getByRole("dialog").getByRole("button", { name: "Issue", exact: true });
    await issue.scrollIntoViewIfNeeded();
    await expect(issue).toBeInViewport();
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(wide).toBe(0);
    expect(await problems(page)).toEqual([]);
  });
