import type { Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

type Axe = {
  run: (context: { include: string[][]; exclude: string[][] }) => Promise<{
    violations: { id: string; impact: string; nodes: { html: string; failureSummary?: string }[] }[];
  }>;
};

/** Serious and critical problems of accessibility on the page as it is. */
export async function problems(page: Page): Promise<string[]> {
  // What opens fades in; its colours are judged when they have come.
  await page.waitForTimeout(300);
  // Over the debugger's door, since the page's own policy lets no foreign script in.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: Axe }).axe.run({
      include: [["html"]],
      // A popup's edges: they pass the focus on at once, so nobody is ever on them.
      exclude: [["[data-base-ui-focus-guard]"]],
    }),
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ""}`),
    );
}
