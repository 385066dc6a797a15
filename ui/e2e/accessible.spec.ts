import { expect, test, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { addTargets, ask, openFresh } from "./steps";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

type Axe = {
  run: (root: Document) => Promise<{
    violations: { id: string; impact: string; nodes: { html: string; failureSummary?: string }[] }[];
  }>;
};

async function problems(page: Page): Promise<string[]> {
  // Over the debugger's door, since the page's own policy lets no foreign script in.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => (window as unknown as { axe: Axe }).axe.run(document));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ""}`),
    );
}

for (const colorScheme of ["dark", "light"] as const)
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("the welcome screen, the picker, the dialogs and the palette", async ({ page }) => {
      await openFresh(page);
      expect(await problems(page)).toEqual([]);
      await page.getByRole("button", { name: "Add target" }).click();
      await expect(page.getByRole("listbox").getByRole("option").first()).toBeVisible();
      expect(await problems(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      await expect(page.getByRole("combobox", { name: "Search commands" })).toBeVisible();
      await page.waitForTimeout(300);
      expect(await problems(page)).toEqual([]);
    });

    test("answers: full, live, failed, with reasoning and tools", async ({ page }) => {
      await page.goto("/?scene=full");
      await page.getByRole("button", { name: /^Retry policy/ }).click();
      await expect(page.getByRole("region", { name: /^Answer of/ }).first()).toBeVisible();
      expect(await problems(page)).toEqual([]);
      await page.getByRole("button", { name: "Raw" }).first().click();
      await expect(page.getByRole("dialog")).toContainText("POST");
      await page.waitForTimeout(300);
      expect(await problems(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await openFresh(page);
      await addTargets(page, "simulated/reasoning", "simulated/tools", "simulated/slow", "simulated/limited");
      await ask(page, "What is a good retry policy?");
      await page.waitForTimeout(1_500);
      expect(await problems(page)).toEqual([]);
    });

    test("a small window with the side bar open", async ({ page }) => {
      await page.setViewportSize({ width: 900, height: 600 });
      await page.goto("/?scene=full");
      await page.getByRole("button", { name: "Workbench" }).click();
      expect(await problems(page)).toEqual([]);
    });
  });
