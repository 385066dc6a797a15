import { expect, test, type Page } from "@playwright/test";
import { problems } from "./axe";
import { addTargets, ask, ended, prompt } from "./steps";

const routes = (page: Page) => page.getByRole("navigation", { name: "Routes" });
const ranking = (page: Page) => page.getByRole("table", { name: "Live ranking" });
const leading = (page: Page) => ranking(page).getByRole("row").nth(1);

async function openRouting(page: Page, scene = "full"): Promise<void> {
  await page.goto(`/?scene=${scene}`);
  await page.getByRole("button", { name: "Routing", exact: true }).click();
  await expect(page.getByRole("main", { name: "Routing" })).toBeVisible();
}
const go = (page: Page, name: string) => routes(page).getByRole("button", { name }).click();

test("weights re-rank at once, without being saved, and are saved by the keyboard", async ({ page }) => {
  await openRouting(page);
  await expect(leading(page)).toContainText("claude-sonnet-4.6");
  expect(await problems(page)).toEqual([]);
  await page.getByRole("slider", { name: "Weight of cost" }).focus();
  await page.keyboard.press("End");
  await page.getByRole("slider", { name: "Weight of quality" }).focus();
  await page.keyboard.press("Home");
  await expect(leading(page)).toContainText("ollama/");
  await expect(page.getByRole("status").filter({ hasText: "2 unsaved changes" })).toBeVisible();
  await expect(routes(page).getByRole("button", { name: /balanced/ })).toContainText("changed");
  await page.keyboard.press("Control+s");
  await expect(page.getByText("Saved balanced in config.toml")).toBeVisible();
  await expect(page.getByText("takes the place of the shipped one")).toBeVisible();
  await page.reload();
  await page.getByRole("button", { name: "Routing", exact: true }).click();
  await expect(leading(page)).toContainText("ollama/");
  await page.getByRole("button", { name: "More for this policy" }).click();
  await page.getByRole("menuitem", { name: "Bring back the shipped one…" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Bring back" }).click();
  await expect(leading(page)).toContainText("claude-sonnet-4.6");
});

test("a candidate tells what its score rests on, and one left out tells why", async ({ page }) => {
  await openRouting(page);
  await leading(page).getByRole("button").click();
  await expect(page.getByRole("definition").filter({ hasText: "published for code" })).toBeVisible();
  await page.getByRole("switch", { name: "Local only" }).click();
  await expect(ranking(page)).toContainText("asks this machine only");
  await page.getByRole("button", { name: "Discard" }).click();
  await page.getByRole("button", { name: "Deny: add a pattern" }).click();
  await page.getByRole("textbox", { name: "Deny: pattern" }).fill("anthropic/*");
  await page.keyboard.press("Enter");
  await expect(ranking(page)).toContainText("denies it");
  await page.getByRole("button", { name: "Deny: take anthropic/* out" }).click();
  await expect(page.getByRole("button", { name: "Discard" })).toBeDisabled();
});

test("what follows when an answer breaks off is chosen, and kept", async ({ page }) => {
  await openRouting(page);
  const choice = page.getByRole("combobox", { name: "When an answer breaks off" });
  await expect(choice).toContainText("as set for all");
  await choice.click();
  await page.getByRole("option", { name: /the next goes on/ }).click();
  await expect(page.getByText("one answer; both are paid for")).toBeVisible();
  await page.keyboard.press("Control+s");
  await expect(page.getByText("Saved balanced in config.toml")).toBeVisible();
  await page.reload();
  await page.getByRole("button", { name: "Routing", exact: true }).click();
  await expect(choice).toContainText("the next goes on");
});

test("an expression scores in the place of the weights, and what is wrong in it is said beside it", async ({
  page,
}) => {
  await openRouting(page);
  await page.getByRole("switch", { name: "Score by an expression" }).click();
  const score = page.getByRole("textbox", { name: "Score" });
  await expect(score).toHaveValue(/0\.42\*quality/);
  await score.fill("qualty * 2");
  await expect(page.getByRole("alert").filter({ hasText: "`qualty`" }).first()).toBeVisible();
  await expect(score).toHaveAttribute("aria-invalid", "true");
  expect(await problems(page)).toEqual([]);
  await score.fill("quality");
  await expect(leading(page)).toContainText("claude-opus-4.6");
});

test("a policy of one's own is begun, named, saved, made what auto means, and deleted", async ({ page }) => {
  await openRouting(page);
  await page.getByRole("button", { name: "New policy" }).click();
  const name = page.getByRole("textbox", { name: "Name" });
  await name.fill("Not so");
  await expect(page.getByRole("alert")).toContainText("small letters");
  await name.fill("evening");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(routes(page).getByRole("button", { name: /evening/ })).toBeVisible();
  const more = async (item: string) => {
    await page.getByRole("button", { name: "More for this policy" }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };
  await more("Make it what auto means");
  await expect(page.getByText("default for auto")).toBeVisible();
  await more("Delete…");
  const sure = page.getByRole("alertdialog");
  await sure.getByRole("button", { name: "Delete" }).click();
  await expect(sure).toContainText("make another one the default first");
  await sure.getByRole("button", { name: "Cancel" }).click();
  await go(page, "budget");
  await more("Make it what auto means");
  await go(page, "evening");
  await more("Delete…");
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await expect(routes(page).getByRole("button", { name: /evening/ })).toHaveCount(0);
});

test("a prompt is tried and explained whole, and nothing is sent", async ({ page }) => {
  await openRouting(page);
  await go(page, "Try a prompt");
  const facts = page.getByRole("main", { name: "Routing" });
  await expect(facts).toContainText("falls back to");
  await page.getByRole("textbox", { name: "Prompt to try" }).fill("Translate: good evening");
  await expect(facts).toContainText("translation");
  await page.getByRole("button", { name: "vision" }).click();
  await expect(facts).toContainText("Nobody can answer this");
  await page.getByRole("button", { name: "vision" }).click();
  await page.getByRole("combobox", { name: "Policy" }).click();
  await page.getByRole("option", { name: "private" }).click();
  await expect(page.getByRole("table", { name: "Candidates" })).toContainText("asks this machine only");
  expect(await problems(page)).toEqual([]);
});

test("breakers are seen, reset and tripped, and limits show what is used of them", async ({ page }) => {
  await openRouting(page);
  await go(page, "Breakers and limits");
  const table = page.getByRole("table", { name: "Circuit breakers" });
  await expect(table).toContainText("half-open");
  await expect(table).toContainText(/next probe in \d+\ss/);
  await expect(page.getByRole("table", { name: "Limits" })).toContainText("19 / 20");
  expect(await problems(page)).toEqual([]);
  await page.getByRole("button", { name: "Reset the breaker of anthropic/claude-opus-4.6" }).click();
  await expect(table.getByRole("row")).toHaveCount(2);
  await page.getByRole("button", { name: "Leave a model alone…" }).click();
  await page.getByRole("combobox", { name: "Leave a model alone for a minute" }).fill("qwen3");
  await page.keyboard.press("Enter");
  await expect(table.getByRole("row", { name: /qwen3/ })).toContainText("open by hand");
  await expect(page.getByRole("contentinfo", { name: "Status" })).toContainText("2 breakers");
  await go(page, "balanced");
  await page.getByRole("button", { name: /^Show \d+ more/ }).click();
  await expect(ranking(page).getByRole("row", { name: /qwen3/ })).toContainText("left alone");
});

test("what was learned is charted by class, exported, and forgotten after a question", async ({ page }) => {
  await openRouting(page);
  await go(page, "What was learned");
  await expect(page.getByRole("list", { name: "First word" })).toContainText("claude-sonnet-4.6");
  await page.getByRole("combobox", { name: "Class of prompts" }).click();
  await page.getByRole("option", { name: "code" }).click();
  await page.getByRole("button", { name: "First word as a table" }).click();
  await expect(page.getByRole("table", { name: "First word" })).toBeVisible();
  await expect(page.getByRole("table", { name: "What routes chose" })).toContainText("cheap-code");
  expect(await problems(page)).toEqual([]);
  await page.getByRole("button", { name: "Export" }).click();
  await page.getByRole("menuitem", { name: "Everything as JSON" }).click();
  await expect(page.getByText("Saved learned.json")).toBeVisible();
  await page.getByRole("button", { name: "Forget ollama/qwen3:4b…" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Forget" }).click();
  await expect(page.getByRole("table", { name: "Observed models" })).not.toContainText("qwen3");
  await page.getByRole("button", { name: "Forget all…" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Forget" }).click();
  await expect(page.getByRole("heading", { name: "Nothing was learned yet" })).toBeVisible();
});

test("what was learned is drawn over hours and days, with a table and a file", async ({ page }) => {
  await openRouting(page);
  await go(page, "What was learned");
  const time = page.getByRole("group", { name: "Time" });
  for (const [name, slots] of [
    ["24 hours", 24],
    ["7 days", 168],
    ["30 days", 30],
  ] as const) {
    await time.getByRole("button", { name, exact: true }).click();
    for (const chart of ["First word", "Pace", "Availability", "Score"])
      await expect(page.getByRole("slider", { name: chart, exact: true })).toBeVisible();
    await page.getByRole("button", { name: "First word as a table" }).click();
    const rows = page.getByRole("table", { name: "First word" }).getByRole("row");
    await expect(rows).toHaveCount(slots + 1);
    await page.getByRole("button", { name: "First word as a table" }).click();
  }
  const chart = page.getByRole("slider", { name: "First word", exact: true });
  await chart.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(chart).toHaveAttribute("aria-valuetext", /claude-sonnet-4\.6/);
  await page.getByRole("button", { name: "Save First word as CSV" }).click();
  await expect(page.getByText("Saved learned-firstMs-all-month.csv")).toBeVisible();
  expect(await problems(page)).toEqual([]);
  await time.getByRole("button", { name: "Now", exact: true }).click();
  await expect(page.getByRole("list", { name: "First word" })).toBeVisible();
});

test("a fault is simulated, seen everywhere, and ended", async ({ page }) => {
  await openRouting(page);
  await go(page, "Simulated faults");
  await page.getByRole("button", { name: "Simulate", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("choose whom it befalls");
  await page.getByRole("button", { name: "Choose a provider or model" }).click();
  await page.getByRole("combobox").fill("anthropic");
  await page.keyboard.press("Enter");
  await page.getByRole("group", { name: "Fault" }).getByRole("button", { name: "Slow" }).click();
  await page.getByRole("textbox", { name: "How late" }).fill("1.5");
  await page.getByRole("textbox", { name: "Share of calls" }).fill("50");
  await page.getByRole("button", { name: "Simulate", exact: true }).click();
  const row = page.getByRole("table", { name: "Faults in force" }).getByRole("row").nth(1);
  await expect(row).toContainText("slow, 1.5 s late");
  await expect(row).toContainText("50 %");
  await expect(page.getByRole("contentinfo", { name: "Status" })).toContainText("1 simulated fault");
  expect(await problems(page)).toEqual([]);
  await page.getByRole("button", { name: "End the fault on anthropic" }).click();
  await expect(page.getByRole("heading", { name: "No fault is simulated" })).toBeVisible();
});

test("an answer of a route says who was chosen and why, and leads to the decision", async ({ page }) => {
  await page.goto("/?scene=full");
  await page.getByRole("button", { name: "New conversation" }).first().click();
  await expect(prompt(page)).toBeVisible();
  for (const chip of await page.getByRole("button", { name: /^Remove target/ }).all()) await chip.click();
  await addTargets(page, "auto:private");
  await ask(page, "Find the race in this code");
  await ended(page, "auto:private");
  const line = page.getByRole("button", { name: /^Routed to ollama\/qwen3:4b, scores best/ });
  await line.click();
  const dialog = page.getByRole("dialog", { name: "Decision of auto:private" });
  await expect(dialog.getByRole("table", { name: "Candidates" })).toContainText("asks this machine only");
  expect(await problems(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(line).toBeFocused();
});

test("the decision of a routed call is in Traffic", async ({ page }) => {
  await page.goto("/?scene=full");
  await page.getByRole("button", { name: "Traffic", exact: true }).click();
  await page
    .getByRole("grid")
    .getByRole("row", { name: /auto:private/ })
    .first()
    .click();
  const decision = page.getByRole("region", { name: "Decision" });
  await expect(decision).toContainText("ollama/qwen3:4b");
  await expect(decision).toContainText("complexity");
  expect(await problems(page)).toEqual([]);
});

test("without a provider there is nobody to rank, and a way to connect one", async ({ page }) => {
  await openRouting(page, "fresh");
  await expect(page.getByRole("heading", { name: "Nobody to choose from" })).toBeVisible();
  expect(await problems(page)).toEqual([]);
  for (const [name, says] of [
    ["What was learned", "Nothing was learned yet"],
    ["Breakers and limits", "Nobody has failed of late"],
    ["Simulated faults", "No fault is simulated"],
  ] as const) {
    await go(page, name);
    await expect(page.getByRole("heading", { name: says })).toBeVisible();
    expect(await problems(page)).toEqual([]);
  }
});

for (const scheme of ["dark", "light"] as const)
  for (const [width, height] of [
    [900, 600],
    [640, 480],
  ] as const)
    test(`nothing is cut off at ${width} × ${height}, ${scheme}`, async ({ page }) => {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme });
      await openRouting(page);
      await expect(leading(page)).toBeVisible();
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(wide).toBe(0);
      expect(await problems(page)).toEqual([]);
    });
