import { expect, test, type Page } from "@playwright/test";
import { problems } from "./axe";

const more = (page: Page, name: string) => page.getByRole("button", { name: `More for the folder ${name}` });
const dialog = (page: Page, name = "Work") =>
  page.getByRole("dialog", { name: `Budget of the folder ${name}` });

async function makeFolder(page: Page, name: string, address = "/?scene=full"): Promise<void> {
  await page.goto(address);
  await page.getByRole("button", { name: "Sort and filter" }).click();
  await page.getByRole("menuitem", { name: "New folder", exact: true }).click();
  const asked = page.getByRole("dialog", { name: "New folder" });
  await asked.getByRole("textbox", { name: "Name" }).fill(name);
  await page.keyboard.press("Enter");
  await expect(asked).toBeHidden();
  await expect(more(page, name)).toBeAttached();
}

async function openBudget(page: Page): Promise<void> {
  await more(page, "Work").click({ force: true });
  await page.getByRole("menuitem", { name: "Budget…" }).click();
  await expect(dialog(page)).toBeVisible();
}

test("a folder's budget is set in its menu, stands in Insights with its forecast, and is taken away", async ({
  page,
}) => {
  await makeFolder(page, "Work");
  await openBudget(page);
  await expect(dialog(page)).toContainText("No budget yet");
  expect(await problems(page)).toEqual([]);

  // What is no amount is said where it stands, and nothing is saved.
  await dialog(page).getByLabel("Dollars a month").fill("ten");
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await expect(dialog(page)).toContainText("An amount in dollars");
  await dialog(page).getByLabel("Dollars a month").fill("5");
  await dialog(page).getByLabel("Tokens in all").fill("2,000,000");
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await expect(dialog(page)).toBeHidden();
  await expect(page.getByText("Set the budget of Work")).toBeVisible();

  await page.getByRole("button", { name: "Insights", exact: true }).click();
  await page
    .getByRole("navigation", { name: "Reports" })
    .getByRole("button", { name: "Budgets", exact: true })
    .click();
  const list = page
    .getByRole("main", { name: "Insights" })
    .getByRole("list", { name: "Budgets", exact: true });
  const month = list.locator(":scope > li").filter({ hasText: "folder Work, a month" });
  await expect(month).toContainText("$1.25 of $5");
  await expect(month).toContainText(/\$2\.50? by then, if spending goes on as it has/);
  await expect(list.locator(":scope > li").filter({ hasText: "folder Work, in all" })).toContainText(
    "84,000 of 2,000,000 tokens",
  );
  expect(await problems(page)).toEqual([]);

  await page.getByRole("button", { name: "Change the budget of folder Work, a month…" }).click();
  await expect(dialog(page).getByLabel("Dollars a month")).toHaveValue("5");
  await dialog(page).getByLabel("Dollars a month").fill("");
  await dialog(page).getByLabel("Tokens in all").fill("");
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Work has no budget")).toBeVisible();
  await expect(list).not.toContainText("folder Work");
});

test("a budget that cannot be read says why, and can be tried again", async ({ page }) => {
  await makeFolder(page, "Work", "/?scene=full&nobudgets=2");
  await openBudget(page);
  await expect(dialog(page).getByRole("alert")).toContainText("The budget cannot be read");
  await dialog(page).getByRole("button", { name: "Try again" }).click();
  await expect(dialog(page).getByLabel("Dollars a day")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog(page)).toBeHidden();
});
