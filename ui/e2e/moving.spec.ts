import { expect, test, type Page } from "@playwright/test";
import { problems } from "./axe";
import { openFresh } from "./steps";

const list = (page: Page) => page.getByRole("navigation", { name: "Conversations" });
const section = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const one = (page: Page, name: string) => page.getByRole("group", { name: `Import of ${name}` });

type Node = { id: string; parent: string | null; role: string; text: string };

/** A conversation as ChatGPT writes it. */
const foreign = (id: string, title: string, nodes: Node[]) => ({
  id,
  title,
  current_node: nodes.at(-1)?.id,
  mapping: Object.fromEntries(
    nodes.map(({ id, parent, role, text }) => [
      id,
      { id, parent, message: { author: { role }, content: { content_type: "text", parts: [text] } } },
    ]),
  ),
});

const talk = (id: string, title: string) =>
  foreign(id, title, [
    { id: `${id}-1`, parent: null, role: "user", text: "Where do storks go in winter?" },
    { id: `${id}-2`, parent: `${id}-1`, role: "assistant", text: "To Africa, most of them." },
    { id: `${id}-3`, parent: `${id}-1`, role: "assistant", text: "South." },
  ]);

const file = (name: string, all: unknown) => ({
  name,
  mimeType: "application/json",
  buffer: Buffer.from(typeof all === "string" ? all : JSON.stringify(all)),
});

async function importing(page: Page, files: ReturnType<typeof file>[]): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await section(page, "Import").getByRole("button", { name: "Choose files" }).click();
  await (await chooser).setFiles(files);
}

async function command(page: Page, title: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search commands" }).fill(title);
  await page.keyboard.press("Enter");
}

const toData = (page: Page) => command(page, "Settings: data");

test("several files are imported at once, reported one by one, and add nothing the second time", async ({
  page,
}) => {
  await openFresh(page);
  await toData(page);
  await importing(page, [
    file("conversations.json", [talk("a", "Storks"), talk("b", "Cranes"), { title: "Not one of these" }]),
    file("broken.json", "{"),
    file("refused.json", [{ title: "Not one of these either" }]),
  ]);
  await expect(one(page, "refused.json").getByRole("status")).toContainText("Nothing was added");
  await expect(one(page, "conversations.json").getByRole("status")).toContainText(
    /Imported 2\sconversations, 6\smessages, 1 skipped/,
  );
  await expect(one(page, "conversations.json")).toContainText("Not one of these: nothing here is known");
  await expect(one(page, "broken.json")).toContainText("neither JSON nor a ZIP file");
  await importing(page, [file("again.json", [talk("a", "Storks")])]);
  await expect(one(page, "again.json").getByRole("status")).toContainText("Nothing new");
  await page.getByRole("button", { name: "Workbench" }).click();
  await list(page).getByRole("button", { name: "Storks", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Storks" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText("Where do storks go in winter?");
});

test("the command leads to the report; an import is stopped half-way, and a file of another kind is refused", async ({
  page,
}) => {
  await openFresh(page);
  const chooser = page.waitForEvent("filechooser");
  await command(page, "Import conversations");
  await (
    await chooser
  ).setFiles([
    file("large.json", JSON.stringify([talk("a", "Storks")]) + " ".repeat(20_000_000)),
    file("picture.png", "none"),
  ]);
  await expect(page.getByText("picture.png is neither")).toBeVisible();
  const large = one(page, "large.json");
  await expect(large.getByRole("progressbar")).toBeVisible();
  await large.getByRole("button", { name: "Stop" }).click();
  await expect(large.getByRole("status")).toContainText("Stopped; nothing was imported");
});

test("files that are dropped on the page are imported", async ({ page }) => {
  await openFresh(page);
  await toData(page);
  const data = await page.evaluateHandle(
    (text) => {
      const data = new DataTransfer();
      data.items.add(new File([text], "dropped.json", { type: "application/json" }));
      return data;
    },
    JSON.stringify([talk("a", "Storks")]),
  );
  await section(page, "Import").dispatchEvent("dragover", { dataTransfer: data });
  await section(page, "Import").dispatchEvent("drop", { dataTransfer: data });
  await expect(one(page, "dropped.json").getByRole("status")).toContainText("Imported");
});

test("conversations are exported from their menu, from the chosen ones and from the settings", async ({
  page,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto("/?scene=full");
  await page.getByRole("button", { name: /^More for Ledger schema/ }).click({ force: true });
  await page.getByRole("menuitem", { name: "Export" }).click();
  const dialog = page.getByRole("dialog", { name: /^Export 1\sconversation/ });
  await dialog.getByRole("button", { name: "Markdown" }).click();
  await dialog.getByRole("button", { name: "The active branch" }).click();
  await dialog.getByRole("button", { name: "Copy" }).click();
  await expect(dialog).toBeHidden();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text).toMatch(/^# Ledger schema/);
  await list(page)
    .getByRole("button", { name: /^Explain the WAL/ })
    .click({ modifiers: ["Control"] });
  await list(page)
    .getByRole("button", { name: /^Ledger schema/ })
    .click({ modifiers: ["Control"] });
  await page.getByRole("toolbar").getByRole("button", { name: "Export" }).click();
  await page
    .getByRole("dialog", { name: /^Export 2\sconversations/ })
    .getByRole("button", { name: "Save" })
    .click();
  await expect(page.getByText(/^Saved 2\sconversations/)).toContainText("conversations.json");
  await toData(page);
  await section(page, "Export").getByRole("button", { name: "HTML" }).click();
  await section(page, "Export").getByRole("button", { name: "Save" }).click();
  await expect(page.getByText(/conversations\.html/)).toBeVisible();
});

for (const theme of ["dark", "light"] as const)
  test(`accessible, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme });
    await openFresh(page);
    await toData(page);
    const shot = async (name: string) => {
      expect(await problems(page)).toEqual([]);
      if (process.env.SHOTS_INTO)
        await page.screenshot({ path: `${process.env.SHOTS_INTO}/${name}.${theme}.png` });
    };
    await importing(page, [
      file("conversations.json", [
        talk("a", "Storks"),
        ...Array.from({ length: 8 }, (_, i) => ({ title: `Unknown conversation ${i}` })),
      ]),
      file("an export with a name that is much longer than anybody would like it to be.json", "{"),
    ]);
    await expect(one(page, "conversations.json").getByRole("status")).toContainText("Imported");
    await shot("moving");
    await page.setViewportSize({ width: 900, height: 600 });
    await shot("moving.900");
    await command(page, "Export all");
    await expect(page.getByRole("dialog", { name: "Export all conversations" })).toBeVisible();
    await shot("export");
  });
