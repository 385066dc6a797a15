import { expect, test } from "@playwright/test";
import { problems } from "./axe";
import { answer, ask, ended, openFresh, prompt } from "./steps";

const simulated = ["simulated/steady", "simulated/fast", "simulated/reasoning"];

test("a new user compares simulated models with one click and one prompt", async ({ page }) => {
  await openFresh(page);
  await expect(page.getByRole("heading", { name: "Connect a model" })).toBeVisible();
  await expect(page.getByText("A prompt goes only to the models that you ask.")).toBeVisible();
  await page.getByRole("button", { name: "Compare simulated models" }).click();
  await expect(prompt(page)).toBeFocused();
  await ask(page, "/echo hello");
  for (const target of simulated) await expect(answer(page, target)).toBeVisible();
  await ended(page, ...simulated);
  await expect(page.getByRole("tab", { name: /echo hello/ })).toHaveAttribute("aria-selected", "true");
});

test("a new user compares simulated models from the keyboard alone", async ({ page }) => {
  await openFresh(page);
  await expect(prompt(page)).toBeFocused();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: "Search commands" })).toBeFocused();
  await page.keyboard.type("comp sim");
  await page.keyboard.press("Enter");
  await expect(prompt(page)).toBeFocused();
  await page.keyboard.type("/echo from the keyboard");
  await page.keyboard.press("Control+Enter");
  await ended(page, ...simulated);
});

test("the simulated models are in sight at the smallest size", async ({ page }) => {
  await page.setViewportSize({ width: 900, height: 600 });
  await openFresh(page);
  await expect(page.getByRole("button", { name: "Compare simulated models" })).toBeInViewport({ ratio: 1 });
});

test("a pasted key is recognised, kept, checked, and stays nowhere in the page", async ({ page }) => {
  await openFresh(page);
  const section = page.getByRole("region", { name: "Paste a key" });
  await section.getByPlaceholder("Paste a key").fill("sk-ant-api03-very-secret-1234");
  await expect(section.getByRole("combobox", { name: "Provider" })).toContainText("Anthropic");
  await expect(section).toContainText("Goes to the system keychain (Secret Service)");
  await section.getByRole("button", { name: "Check key" }).click();
  await expect(section).toContainText("Anthropic works, with 2\u00a0models");
  await expect(section.getByLabel("Key for Anthropic")).toHaveValue("");
  expect(await page.content()).not.toContain("very-secret");
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).not.toContain(
    "very-secret",
  );
  await section.getByRole("button", { name: "Compare two of them" }).click();
  await expect(
    page.getByRole("list", { name: "Targets" }).getByRole("button", { name: /^Remove target anthropic/ }),
  ).toHaveCount(2);
});

test("a beginning that providers share is asked about, and what is no key is not sent", async ({ page }) => {
  await page.goto("/?scene=full");
  const section = page.getByRole("region", { name: "Paste a key" });
  const field = section.getByPlaceholder("Paste a key");
  await field.fill("two words");
  await section.getByRole("button", { name: "Check key" }).click();
  await expect(section).toContainText("Choose the provider");
  await field.fill("https://example.test");
  await section.getByRole("combobox", { name: "Provider" }).click();
  await page.getByRole("option", { name: "OpenAI" }).click();
  await section.getByRole("button", { name: "Check key" }).click();
  await expect(section).toContainText("This is an address");
  await expect(field).toHaveValue("https://example.test");
});

test("without a keychain, the key's place is said and can be chosen: a vault", async ({ page }) => {
  await page.goto("/?scene=fresh&keychain=absent");
  const section = page.getByRole("region", { name: "Paste a key" });
  await section.getByPlaceholder("Paste a key").fill("sk-proj-very-secret-5678");
  await expect(section).toContainText("Stays in memory until the app ends");
  await section.getByRole("combobox", { name: "Where the key is kept" }).click();
  await page.getByRole("option", { name: /Encrypted vault/ }).click();
  await section.getByRole("button", { name: "Check key" }).click();
  const dialog = page.getByRole("dialog", { name: "Create a vault" });
  await dialog.getByLabel("Passphrase", { exact: true }).fill("short");
  await dialog.getByLabel("The same again").fill("short");
  await dialog.getByRole("button", { name: "Create vault" }).click();
  await expect(dialog).toContainText("at least 8 characters");
  await dialog.getByLabel("Passphrase", { exact: true }).fill("correct horse battery");
  await dialog.getByLabel("The same again").fill("correct horse battery");
  await dialog.getByRole("button", { name: "Create vault" }).click();
  await expect(section).toContainText("OpenAI works");
  await expect(section).toContainText("Goes to the encrypted vault file");
  const html = await page.content();
  expect(html).not.toContain("very-secret");
  expect(html).not.toContain("battery");
});

test("a locked keychain is named, and the key waits in its field", async ({ page }) => {
  await page.goto("/?scene=fresh&keychain=locked");
  const section = page.getByRole("region", { name: "Paste a key" });
  await section.getByPlaceholder("Paste a key").fill("sk-ant-waiting");
  await section.getByRole("combobox", { name: "Where the key is kept" }).click();
  await page.getByRole("option", { name: /Keychain/ }).click();
  await section.getByRole("button", { name: "Check key" }).click();
  await expect(section).toContainText("The keychain cannot take it: unlock it, then try again");
  await expect(section.getByLabel("Key for Anthropic")).toHaveValue("sk-ant-waiting");
});

test("local servers are offered, and used with one click", async ({ page }) => {
  await page.goto("/?scene=full");
  const servers = page.getByRole("list", { name: "Servers on this machine" });
  await expect(servers.getByRole("listitem", { name: "Ollama" })).toContainText("in use");
  await expect(servers.getByRole("listitem", { name: "vLLM" })).toContainText("nothing answers");
  const studio = servers.getByRole("listitem", { name: "LM Studio" });
  await studio.getByRole("button", { name: "Use" }).click();
  await expect(studio).toContainText("in use");
  await studio.getByRole("button", { name: "Ask" }).click();
  await expect(page.getByRole("button", { name: /^Remove target lmstudio/ })).toBeAttached();
  await servers.getByRole("listitem", { name: "vLLM" }).getByRole("button", { name: "Other port" }).click();
  const dialog = page.getByRole("dialog", { name: "vLLM at another port" });
  await dialog.getByLabel("Port").fill("99999");
  await dialog.getByRole("button", { name: "Use" }).click();
  await expect(dialog).toContainText("from 1 to 65535");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
});

test("a key of the environment is offered, and used", async ({ page }) => {
  await page.goto("/?scene=full");
  const keys = page.getByRole("list", { name: "Keys in the environment" });
  await expect(keys).toContainText("XAI_API_KEY is set for xAI");
  await keys.getByRole("button", { name: "Use it" }).click();
  await expect(keys).toContainText("in use");
  await expect(page.getByRole("region", { name: "Paste a key" })).toContainText("xAI works");
});

for (const colorScheme of ["dark", "light"] as const)
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("the welcome is accessible, empty and full", async ({ page }) => {
      await openFresh(page);
      expect(await problems(page)).toEqual([]);
      await page.goto("/?scene=full&keychain=absent");
      await page.getByPlaceholder("Paste a key").fill(`sk-${"0123456789abcdef".repeat(2)}`);
      await page.getByRole("combobox", { name: "Where the key is kept" }).click();
      expect(await problems(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+n");
      await expect(page.getByRole("heading", { name: "Ask several models at once" })).toBeVisible();
      expect(await problems(page)).toEqual([]);
    });
  });
