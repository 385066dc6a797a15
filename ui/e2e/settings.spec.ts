import { expect, test, type Page } from "@playwright/test";
import { problems } from "./axe";

const section = (page: Page, name: string) =>
  page.getByRole("navigation", { name: "Settings" }).getByRole("button", { name });
const row = (page: Page, provider: string) =>
  page
    .getByRole("table", { name: "Providers" })
    .getByRole("row")
    .filter({ has: page.getByRole("button", { name: provider, exact: true }) });
const detail = (page: Page, provider: string) =>
  page.getByRole("complementary", { name: provider, exact: true });

async function settings(page: Page, query = "scene=full"): Promise<void> {
  await page.goto(`/?${query}`);
  await page.getByRole("button", { name: "Settings", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Providers and keys" })).toBeVisible();
}

test("a provider is tested step by step, and all of them at once", async ({ page }) => {
  await settings(page);
  await page.getByRole("button", { name: "Anthropic", exact: true }).click();
  const anthropic = detail(page, "Anthropic");
  await anthropic.getByRole("button", { name: "Test", exact: true }).click();
  await expect(anthropic).toContainText("list models 2 models");
  await expect(row(page, "Anthropic")).toContainText("works");
  await page.getByRole("button", { name: "Test all" }).click();
  await expect(row(page, "Ollama")).toContainText("works");
  await expect(row(page, "OpenAI")).toContainText("not tested");
});

test("a key is entered, replaced and removed, and stays nowhere in the page", async ({ page }) => {
  await settings(page);
  await page.getByRole("button", { name: "OpenAI", exact: true }).click();
  const openai = detail(page, "OpenAI");
  await expect(openai).toContainText("none yet");
  await openai.getByLabel("Key for OpenAI").fill("sk-proj-very-secret-1");
  await openai.getByRole("button", { name: "Keep key" }).click();
  await expect(row(page, "OpenAI")).toContainText("keychain");
  await expect(openai).toContainText("in the keychain");
  await expect(openai).toContainText("It cannot be shown again");
  await openai.getByRole("button", { name: "Replace" }).click();
  await openai.getByLabel("Key for OpenAI").fill("sk-proj-very-secret-2");
  await openai.getByRole("combobox", { name: "Where the key is kept" }).click();
  await page.getByRole("option", { name: /This session/ }).click();
  await openai.getByRole("button", { name: "Keep key" }).click();
  await expect(row(page, "OpenAI")).toContainText("this session");
  expect(await page.content()).not.toContain("very-secret");
  await openai.getByRole("button", { name: "Remove", exact: true }).click();
  const dialog = page.getByRole("alertdialog", { name: "Remove the key of OpenAI?" });
  await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
  await dialog.getByRole("button", { name: "Remove key" }).click();
  await expect(row(page, "OpenAI")).toContainText("none yet");
});

test("address and headers are edited, and no key gets into the file by them", async ({ page }) => {
  await settings(page);
  await page.getByRole("button", { name: "Anthropic", exact: true }).click();
  const anthropic = detail(page, "Anthropic");
  const url = anthropic.getByLabel("Base URL");
  const save = anthropic.getByRole("button", { name: "Save", exact: true });
  await expect(save).toBeDisabled();
  await url.fill("proxy");
  await expect(anthropic).toContainText("no whole address");
  await expect(save).toBeDisabled();
  await url.fill("https://proxy.example.test");
  await expect(anthropic).toContainText("The key stays with the old address");
  await anthropic.getByRole("button", { name: "Add a header" }).click();
  await anthropic.getByLabel("Name of header 1").fill("Authorization");
  await expect(anthropic).toContainText("would carry a key");
  await anthropic.getByLabel("Name of header 1").fill("anthropic-beta");
  await anthropic.getByLabel("Value of header 1").fill("context-1m");
  await save.click();
  await expect(save).toBeDisabled();
  await page.reload();
  await page.getByRole("button", { name: "Anthropic", exact: true }).click();
  await expect(url).toHaveValue("https://proxy.example.test");
  await expect(anthropic.getByLabel("Value of header 1")).toHaveValue("context-1m");
  await anthropic.getByRole("button", { name: "Make it as it was built in" }).click();
  await page.getByRole("button", { name: "Undo changes" }).click();
  await expect(url).toHaveValue("https://api.anthropic.com");
});

test("any compatible endpoint is added, switched off and removed", async ({ page }) => {
  await settings(page);
  await page.getByRole("button", { name: "Add provider" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a provider" });
  await dialog.getByRole("button", { name: "Add provider" }).click();
  await expect(dialog).toContainText("It needs a name");
  await dialog.getByLabel("Name").fill("Workshop GPU");
  await expect(dialog).toContainText("workshop-gpu/model");
  await dialog.getByLabel("Base URL").fill("http://10.0.0.7:8000/v1");
  await dialog.getByRole("switch", { name: "It needs a key" }).click();
  await dialog.getByRole("switch", { name: "It is in the local network" }).click();
  await dialog.getByRole("button", { name: "Add provider" }).click();
  await expect(dialog).toBeHidden();
  await expect(detail(page, "Workshop GPU")).toBeVisible();
  await expect(row(page, "Workshop GPU")).toContainText("no key");
  await row(page, "Workshop GPU").getByRole("switch").click();
  await expect(row(page, "Workshop GPU")).toContainText("off");
  await detail(page, "Workshop GPU").getByRole("button", { name: "Remove this provider" }).click();
  await page.getByRole("button", { name: "Remove provider" }).click();
  await expect(row(page, "Workshop GPU")).toBeHidden();
});

const keychain = {
  open: "Keychain was not asked yet",
  locked: "Keychain is locked",
  waiting: "Keychain has not answered yet",
  noCollection: "Keychain has no keyring",
  absent: "There is no keychain here",
  failed: "Keychain failed",
};
for (const [state, words] of Object.entries(keychain))
  test(`the keychain's state is named, with the way out: ${state}`, async ({ page }) => {
    await settings(page, `scene=full&keychain=${state}`);
    const banner = page.getByRole("status", { name: "Where keys are kept" });
    await expect(banner).toContainText(words);
    await banner.getByRole("button", { name: /Try again|Ask now/ }).click();
    if (state === "open") await expect(banner).toContainText("Keychain is open");
    else await expect(banner).toContainText("To go on:");
    expect(await problems(page)).toEqual([]);
  });

test("a vault is created, locked, unlocked, changed and deleted", async ({ page }) => {
  await settings(page, "scene=full&keychain=absent");
  const act = async (state: string, entry: string) => {
    await page.getByRole("button", { name: state }).click();
    await page.getByRole("menuitem", { name: entry }).click();
  };
  await act("No vault", "Create a vault");
  const create = page.getByRole("dialog", { name: "Create a vault" });
  await create.getByLabel("Passphrase", { exact: true }).fill("correct horse battery");
  await create.getByLabel("The same again").fill("something else entirely");
  await create.getByRole("button", { name: "Create vault" }).click();
  await expect(create).toContainText("are not the same");
  await create.getByLabel("The same again").fill("correct horse battery");
  await create.getByRole("button", { name: "Create vault" }).click();
  await act("Vault open", "Lock the vault");
  await act("Vault locked", "Unlock the vault");
  const unlock = page.getByRole("dialog", { name: "Unlock the vault" });
  await unlock.getByLabel("Passphrase").fill("wrong");
  await unlock.getByRole("button", { name: "Unlock" }).click();
  await expect(unlock).toContainText("not the vault's passphrase");
  await expect(unlock.getByLabel("Passphrase")).toHaveValue("");
  await unlock.getByLabel("Passphrase").fill("correct horse battery");
  await page.keyboard.press("Enter");
  await act("Vault open", "Change the passphrase");
  const change = page.getByRole("dialog", { name: "Change the passphrase" });
  await change.getByLabel("Passphrase", { exact: true }).fill("correct horse battery");
  await change.getByLabel("New passphrase").fill("staple and so on");
  await change.getByLabel("The same again").fill("staple and so on");
  await change.getByRole("button", { name: "Change passphrase" }).click();
  await expect(change).toBeHidden();
  await act("Vault open", "Delete the vault");
  await page.getByRole("button", { name: "Delete vault" }).click();
  await expect(page.getByRole("button", { name: "No vault" })).toBeVisible();
});

test("out of a damaged vault lead a copy and a new one, and nothing is written over", async ({ page }) => {
  await settings(page, "scene=full&keychain=absent&vault=damaged");
  await expect(page.getByText("is damaged, and opens with no passphrase")).toBeVisible();
  expect(await problems(page)).toEqual([]);
  await page.getByRole("button", { name: "Restore from a copy" }).click();
  const restore = page.getByRole("dialog", { name: "Restore the vault" });
  await expect(restore).toContainText("kept in the folder damaged");
  const file = (text: string) => ({ name: "keys.vault", mimeType: "text/plain", buffer: Buffer.from(text) });
  await restore.getByLabel("Copy of the vault file").setInputFiles(file("{}"));
  await expect(restore).toContainText("no vault file, or damaged itself");
  expect(await problems(page)).toEqual([]);
  await restore.getByRole("button", { name: "Cancel" }).click();
  // A key that is to go there leads to the new one, too.
  await page.getByRole("button", { name: "Vault damaged" }).click();
  await page.getByRole("menuitem", { name: "Make a new vault" }).click();
  const anew = page.getByRole("dialog", { name: "Make a new vault" });
  await expect(anew).toContainText("put aside as it is");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Restore from a copy" }).click();
  await restore.getByLabel("Copy of the vault file").setInputFiles(file('{"cipher":"xchacha20-poly1305"}'));
  await expect(page.getByRole("button", { name: "Vault locked" })).toBeVisible();
  await expect(page.getByText("opens with no passphrase")).toBeHidden();
});

test("a variable in the environment that wins over the key just kept is named, there and in the row", async ({
  page,
}) => {
  await settings(page);
  await page.getByRole("button", { name: "Use it" }).click();
  await expect(row(page, "xAI")).toContainText("environment");
  await row(page, "xAI").getByRole("button").first().click();
  const key = detail(page, "xAI").getByRole("region", { name: "Key of xAI" });
  await key.getByRole("button", { name: "Use another" }).click();
  await key.getByLabel("Key for xAI").fill("xai-0123456789abcdef0123456789abcdef");
  await key.getByRole("button", { name: "Keep key" }).click();
  await expect(key.getByRole("status")).toContainText("XAI_API_KEY is set in the environment and wins");
  await expect(row(page, "xAI")).toContainText("the key you kept is not used");
  expect(await problems(page)).toEqual([]);
  // A key for this session wins over both.
  await key.getByRole("button", { name: "Use another" }).click();
  await key.getByLabel("Key for xAI").fill("xai-0123456789abcdef0123456789abcdef");
  await key.getByRole("combobox", { name: "Where the key is kept" }).click();
  await page.getByRole("option", { name: /This session/ }).click();
  await key.getByRole("button", { name: "Keep key" }).click();
  await expect(key).toContainText("in memory, until the app ends");
  await expect(row(page, "xAI")).not.toContainText("is not used");
});

test("data is measured, backed up, restored, checked, compacted and erased", async ({ page }) => {
  await settings(page);
  await section(page, "Data").click();
  const copies = page.getByRole("table", { name: "Backups" }).getByRole("row");
  await expect(copies).toHaveCount(4);
  await page.getByRole("button", { name: "Back up now" }).click();
  await expect(copies).toHaveCount(5);
  await page
    .getByRole("button", { name: /^Delete the copy/ })
    .last()
    .click();
  await page.getByRole("button", { name: "Delete copy" }).click();
  await expect(copies).toHaveCount(4);
  await page
    .getByRole("button", { name: /^Restore the copy/ })
    .last()
    .click();
  const restore = page.getByRole("alertdialog", { name: "Restore this copy?" });
  await expect(restore).toContainText("kept beside it");
  await restore.getByRole("button", { name: "Restore" }).click();
  await expect(restore).toBeHidden();
  await page.getByRole("button", { name: "Check now" }).click();
  await expect(page.getByText("Everything is whole.")).toBeVisible();
  await page.getByRole("button", { name: "Compact now" }).click();
  await expect(page.getByText(/Compacted: .* went back/)).toBeVisible();
  await page.getByRole("button", { name: "Erase raw calls" }).click();
  const erase = page.getByRole("alertdialog");
  await expect(erase).toContainText("214\u00a0calls");
  await expect(erase.getByRole("button", { name: "Cancel" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(erase).toBeHidden();
  await page.getByRole("button", { name: "Erase everything" }).click();
  await erase.getByRole("button", { name: "Erase everything" }).click();
  await expect(erase).toBeHidden();
  await expect(page.getByRole("button", { name: "Erase everything" })).toBeDisabled();
  await page.getByRole("button", { name: "Workbench" }).click();
  await expect(page.getByRole("navigation", { name: "Conversations" })).toContainText("No conversations yet");
});

test("theme, answer text and the sending key are chosen, and remembered", async ({ page }) => {
  await settings(page);
  await section(page, "Appearance").click();
  await page.getByRole("group", { name: "Theme" }).getByRole("button", { name: "Light" }).click();
  await page.getByRole("group", { name: "Answer text" }).getByRole("button", { name: "Large" }).click();
  const send = page.getByRole("group", { name: "Send a prompt with" });
  await send.getByRole("button", { name: "↵", exact: true }).click();
  await expect(page.getByText("Shift with Enter begins a new line.")).toBeVisible();
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await expect(page.locator("html")).toHaveAttribute("data-answers", "large");
  await section(page, "Appearance").click();
  await expect(send.getByRole("button", { name: "↵", exact: true })).toHaveAttribute("aria-pressed", "true");
});

test("keys are changed, clashes told, and hints follow", async ({ page }) => {
  await settings(page);
  await section(page, "Shortcuts").click();
  await page.getByLabel("Search shortcuts").fill("all commands");
  await page.getByRole("button", { name: "Change the keys of All commands" }).click();
  await page.keyboard.press("Control+b");
  await expect(page.getByRole("alert")).toContainText("belongs to “Show or hide the side bar”");
  await page.getByRole("button", { name: "Take the keys" }).click();
  await expect(page.getByRole("contentinfo")).toContainText("Ctrl B");
  await page.keyboard.press("Control+b");
  const box = page.getByRole("combobox", { name: "Search commands" });
  await expect(box).toBeFocused();
  await page.keyboard.press("Escape");
  await page.reload();
  await expect(page.getByRole("contentinfo")).toContainText("Ctrl B");
  await section(page, "Shortcuts").click();
  await page.getByRole("button", { name: "Reset all" }).click();
  await expect(page.getByRole("contentinfo")).toContainText("Ctrl K");
  await page.keyboard.press("Control+k");
  await expect(box).toBeFocused();
});

test("the settings are found by what is on them, and reached by keyboard alone", async ({ page }) => {
  await page.goto("/?scene=full");
  await expect(page.getByRole("textbox", { name: "Prompt" })).toBeFocused();
  await page.keyboard.press("Control+,");
  await expect(page.getByRole("heading", { name: "Providers and keys" })).toBeVisible();
  await page.getByLabel("Search settings").focus();
  await page.keyboard.type("restore");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Data", exact: true })).toBeVisible();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: "Search commands" })).toBeFocused();
  await page.keyboard.type("about");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Orchesity 0.1.0")).toBeVisible();
  await page.keyboard.press("Control+,");
  await page.getByRole("button", { name: "Simulated", exact: true }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(detail(page, "Anthropic")).toBeVisible();
});

for (const colorScheme of ["dark", "light"] as const)
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("every page of the settings is accessible", async ({ page }) => {
      await settings(page);
      await page.getByRole("button", { name: "OpenAI", exact: true }).click();
      await detail(page, "OpenAI").getByRole("button", { name: "Test", exact: true }).click();
      await expect(detail(page, "OpenAI")).toContainText("no key is stored");
      expect(await problems(page)).toEqual([]);
      await page.getByRole("button", { name: "Add provider" }).click();
      expect(await problems(page)).toEqual([]);
      await page.getByRole("combobox", { name: "Made from" }).click();
      await expect(page.getByRole("option", { name: "OpenRouter" })).toBeVisible();
      expect(await problems(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.keyboard.press("Escape");
      await section(page, "Data").click();
      await page.getByRole("button", { name: "Check now" }).click();
      expect(await problems(page)).toEqual([]);
      await page.getByRole("button", { name: "Erase everything" }).click();
      expect(await problems(page)).toEqual([]);
      await page.keyboard.press("Escape");
      for (const name of ["Appearance", "Shortcuts", "About"]) {
        await section(page, name).click();
        expect(await problems(page)).toEqual([]);
      }
      await page.setViewportSize({ width: 900, height: 600 });
      await page.getByRole("tab", { name: "Providers and keys" }).click();
      expect(await problems(page)).toEqual([]);
    });
  });
