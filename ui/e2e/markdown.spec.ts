import { expect, test, type Page } from "@playwright/test";
import { problems } from "./axe";
import { addTargets, answer, ask, ended, openFresh } from "./steps";

const quick = "simulated/fast?tps=4000&ttft=10";
const text = (page: Page) => page.getByRole("group", { name: `Text of ${quick}` });

async function shown(page: Page, markdown: string): Promise<void> {
  await openFresh(page);
  await addTargets(page, quick);
  await ask(page, `/echo ${markdown}`);
  await ended(page, quick);
}

const everything = `# A title

Some **bold**, *slanted* and \`code\`, a price of $5 and $10, a formula $e^{i\\pi} + 1 = 0$ and \\(a^2\\).

$$
\\int_0^1 x^2 \\, dx = \\frac{1}{3}
$$

\\[
\\begin{aligned} a &= b + c \\\\ d &= e \\end{aligned}
\\]

\`\`\`rust
// a comment
fn main() { println!("hello {}", 1); }
\`\`\`

| Name | Value |
| :--- | ----: |
| one | 1 |
| two | 2 |

- [x] done
- [ ] open

A note[^n] and a [reference][r], a [link](https://example.test/page?x=1), ![a picture](https://example.test/p.png).

الخدمة مشغولة الآن.

\`\`\`mermaid
graph TD; A --> B
\`\`\`

[^n]: What the note says.

[r]: https://reference.test/
`;

for (const colorScheme of ["dark", "light"] as const)
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });
    test("code has colours, formulas are set, tables and notes are what they are", async ({ page }) => {
      await shown(page, everything);
      const body = text(page);
      await expect(body.locator("pre [data-k=com]")).toHaveText("// a comment");
      await expect(body.locator("pre [data-k=key]").first()).toHaveText("fn");
      await expect(body.locator("math")).toHaveCount(4);
      await expect(body.locator("math mfrac")).toHaveCount(1);
      await expect(body).toContainText("a price of $5 and $10");
      await expect(body.getByRole("columnheader", { name: "Name" })).toBeVisible();
      await expect(body.getByRole("checkbox", { name: "done" })).toBeChecked();
      await expect(body.getByRole("button", { name: "reference", exact: true })).toBeVisible();
      await expect(body.getByRole("group", { name: "Code, mermaid" })).toContainText("graph TD");
      await body.getByRole("button", { name: "Note n" }).click();
      await expect(body.locator("[data-note=n]")).toBeFocused();
      expect(await problems(page)).toEqual([]);
    });
  });

test("a link opens only after its host was shown, a picture loads only when it is asked for", async ({
  page,
}) => {
  await shown(page, everything);
  const strange: string[] = [];
  const here = new URL(page.url()).origin;
  page.on("request", (request) => {
    if (
      !request
        .url()
        .replace(/^blob:/, "")
        .startsWith(here)
    )
      strange.push(request.url());
  });
  await text(page).getByRole("button", { name: "link", exact: true }).click();
  const link = page.getByRole("dialog", { name: "Open link" });
  await expect(link).toContainText("example.test");
  await expect(link).toContainText("https://example.test/page?x=1");
  await page.waitForTimeout(200);
  expect(await problems(page)).toEqual([]);
  await link.getByRole("button", { name: "Cancel" }).click();
  await expect(link).toBeHidden();
  await text(page).getByRole("button", { name: "link", exact: true }).focus();
  await page.keyboard.press("Enter");
  await expect(link.getByRole("button", { name: "Open", exact: true })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(link).toBeHidden();

  await expect(text(page).locator("img")).toHaveCount(0);
  await text(page).getByRole("button", { name: "Load from example.test" }).click();
  const picture = page.getByRole("dialog", { name: "Load picture" });
  await expect(picture).toContainText("https://example.test/p.png");
  await picture.getByRole("button", { name: "Load", exact: true }).click();
  await expect(text(page).getByRole("img", { name: "a picture" })).toHaveAttribute("src", /^blob:/);
  expect(strange).toEqual([]);
});

test("tables and code go to the clipboard", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await shown(page, everything);
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await text(page).getByRole("button", { name: "Copy table" }).focus();
  await page.keyboard.press("Enter");
  await expect.poll(clipboard).toBe("Name\tValue\none\t1\ntwo\t2");
  await text(page).getByRole("button", { name: "Copy code" }).first().click();
  await expect.poll(clipboard).toContain("fn main()");
});

test("reasoning and tools are folded, and open by key", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, "simulated/reasoning?tps=900", "simulated/tools?tps=900");
  await ask(page, "What is a good retry policy?");
  await ended(page, "simulated/reasoning?tps=900", "simulated/tools?tps=900");
  const folded = answer(page, "simulated/reasoning?tps=900").getByRole("button", { name: /^Reasoned for/ });
  await expect(folded).toHaveAttribute("aria-expanded", "false");
  await folded.focus();
  await page.keyboard.press("Enter");
  await expect(answer(page, "simulated/reasoning?tps=900")).toContainText("Two clocks matter");
  await expect(
    answer(page, "simulated/tools?tps=900").getByRole("button", { name: /read_file/ }),
  ).toBeVisible();
});

test("a program of thousands of lines stays in reach: little of it is laid out, all of it is there", async ({
  page,
}) => {
  test.setTimeout(120_000);
  await openFresh(page);
  const large = "simulated/fast?tps=40000&ttft=10&len=90000";
  await addTargets(page, large);
  await ask(page, "/long 5000");
  await ended(page, large);
  const code = answer(page, large).getByRole("group", { name: "Code, rust" });
  await expect(code).toContainText("value_4999");
  await expect(code.locator("[data-k=key]").first()).toHaveText("let");
  // Colours only where somebody looked.
  expect(await code.locator("[data-k=key]").count()).toBeLessThan(2_000);
  expect((await code.boundingBox())?.height).toBeGreaterThan(99_000);
  await page.getByRole("group", { name: `Column of ${large}` }).focus();
  await page.keyboard.press("End");
  await expect(code.getByText("value_4998")).toBeInViewport();
  await page.keyboard.press("Home");
  await expect(code.locator("code > span").first()).toBeInViewport();
});

test("a finished block is not touched again, and a neighbour not at all", async ({ page }) => {
  await openFresh(page);
  const [steady, idle] = ["simulated/steady?tps=120&ttft=50", "simulated/fast?tps=4000&ttft=10"];
  await addTargets(page, steady, idle);
  const blocks = [
    "# Title",
    "A paragraph.",
    "- one\n- two",
    "| a | b |\n| - | - |\n| 1 | 2 |",
    // No code: it is coloured once, whenever it is seen.
    "> quoted",
  ];
  const rest = Array.from({ length: 40 }, (_, i) => `Paragraph ${i} of the rest.`);
  await ask(page, `/echo ${[...blocks, ...rest].join("\n\n")}`);
  await ended(page, idle);
  // The first Markdown of a window is read once its script is there.
  await expect(answer(page, idle).locator(".markdown")).toBeVisible();
  const growing = page.getByRole("group", { name: `Text of ${steady}` });
  await expect(growing).toContainText("Paragraph 2 of");
  await page.evaluate(
    ([live, still]) => {
      const changes: string[] = [];
      const watch = (element: Element | null | undefined, name: string) =>
        element &&
        new MutationObserver((all) => changes.push(...all.map(({ type }) => `${name} ${type}`))).observe(
          element,
          {
            childList: true,
            subtree: true,
            characterData: true,
          },
        );
      const text = (target: string) => document.querySelector(`[aria-label="Text of ${target}"] .markdown`);
      for (const [i, block] of [...(text(live ?? "")?.children ?? [])].slice(0, 5).entries())
        watch(block, `block ${i}`);
      watch(document.querySelector(`[aria-label="Answer of ${still}"]`), "neighbour");
      Object.assign(window, { changes });
    },
    [steady, idle],
  );
  await expect(growing).toContainText("Paragraph 30 of");
  expect(await page.evaluate(() => (window as unknown as { changes: string[] }).changes)).toEqual([]);
});
