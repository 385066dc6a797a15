import { expect, type Locator, type Page } from "@playwright/test";

export const prompt = (page: Page): Locator => page.getByRole("textbox", { name: "Prompt" });
export const answer = (page: Page, target: string): Locator =>
  page.getByRole("region", { name: `Answer of ${target}`, exact: true });

/** Opens the window on an engine that has seen nothing. */
export async function openFresh(page: Page): Promise<void> {
  await page.goto("/?scene=fresh");
  await expect(prompt(page)).toBeVisible();
}

export async function addTargets(page: Page, ...targets: string[]): Promise<void> {
  await page.getByRole("button", { name: "Add target" }).click();
  const search = page.getByRole("combobox", { name: "Search models" });
  for (const target of targets) {
    await search.fill(target);
    await page.getByRole("listbox").getByRole("option", { name: target }).first().click();
    await expect(page.getByRole("button", { name: `Remove target ${target}`, exact: true })).toBeAttached();
  }
  await page.keyboard.press("Escape");
  await expect(search).toBeHidden();
}

export async function ask(page: Page, text: string): Promise<void> {
  await prompt(page).fill(text);
  await page.getByRole("button", { name: "Send", exact: true }).click();
}

export async function ended(page: Page, ...targets: string[]): Promise<void> {
  for (const target of targets)
    await expect(answer(page, target)).toHaveAttribute("aria-busy", "false", { timeout: 20_000 });
}
