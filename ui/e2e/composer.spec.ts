import { expect, test, type Locator, type Page } from "@playwright/test";
import { problems } from "./axe";
import { addTargets, answer, ask, ended, openFresh, prompt } from "./steps";

const [steady, fast, slow] = ["simulated/steady", "simulated/fast", "simulated/slow"];

type World = {
  messages: { role: string; parts: { type: string; text?: string; mediaType?: string; name?: string }[] }[];
  branches: { target: string; params: object; system: string | null }[];
  rows: { completion: { requested: string; params: object } }[];
  prefs: Record<string, unknown>;
};
/** What the made-up engine holds. */
const world = (page: Page): Promise<World> =>
  page.evaluate(() => JSON.parse(sessionStorage.getItem("engine") ?? "{}") as World);
const lastPrompt = async (page: Page) =>
  (await world(page)).messages.filter(({ role }) => role === "user").at(-1)?.parts ?? [];

const composer = (page: Page): Locator => page.getByRole("form", { name: "Composer" });
const targets = (page: Page): Locator => page.getByRole("list", { name: "Targets" });
const pieces = (page: Page): Locator => page.getByRole("list", { name: "Values and files" });
const queued = (page: Page): Locator => page.getByRole("list", { name: "Queued prompts" });
const search = (page: Page): Locator => page.getByRole("combobox", { name: "Search models" });
const option = (page: Page, name: string | RegExp): Locator =>
  page.getByRole("listbox", { name: "Search models" }).getByRole("option", { name });
const dialog = (page: Page): Locator => page.getByRole("dialog", { name: "System text and parameters" });

const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const log = { name: "upstream.log", mimeType: "text/plain", buffer: Buffer.from("503\n".repeat(500)) };
const picture = { name: "p99.png", mimeType: "image/png", buffer: pixel };
const paper = { name: "paper.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4 x") };
const attach = (page: Page, ...files: (typeof log)[]) =>
  page.locator("input[type=file][data-attach]").setInputFiles(files);

test("variables get their values before the prompt goes out, and one without is told", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, fast);
  await prompt(page).fill("/echo Write {{lines}} lines of {{language}}");
  await page.getByRole("textbox", { name: "Value of lines" }).fill("80");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("{{language}} has no value yet");
  await expect(page.getByRole("textbox", { name: "Value of language" })).toBeFocused();
  await page.keyboard.type("Rust");
  await page.keyboard.press("Control+Enter");
  await expect(answer(page, fast)).toContainText("Write 80 lines of Rust");
  await prompt(page).fill("/echo {{as}} written");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("button", { name: "Send as written" }).click();
  await expect(answer(page, fast)).toContainText("{{as}} written");
});

test("what is unsent stays with its conversation, its files and values too, through a restart", async ({
  page,
}) => {
  await openFresh(page);
  await addTargets(page, fast);
  await ask(page, "/echo alpha");
  await ended(page, fast);
  await prompt(page).fill("half a {{thing}}");
  await page.getByRole("textbox", { name: "Value of thing" }).fill("thought");
  await attach(page, paper);
  await expect(pieces(page)).toContainText("paper.pdf");
  await page.keyboard.press("Control+n");
  await expect(prompt(page)).toHaveText("Ask something");
  await prompt(page).fill("another one");
  await page.getByRole("navigation", { name: "Conversations" }).getByText("/echo alpha").click();
  await expect(prompt(page)).toHaveText("half a {{thing}}");
  await expect.poll(async () => JSON.stringify(await world(page))).toContain("another one");
  await page.reload();
  await expect(prompt(page)).toHaveText("half a {{thing}}");
  await expect(page.getByRole("textbox", { name: "Value of thing" })).toHaveValue("thought");
  await expect(pieces(page)).toContainText("paper.pdf");
  await page.keyboard.press("Control+n");
  await expect(prompt(page)).toHaveText("another one");
});

test("files come by button, by paste and by drop, and are removed again", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, fast);
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Attach files" }).click();
  await (await chooser).setFiles([log, paper]);
  await expect(pieces(page)).toContainText("upstream.log");
  await expect(pieces(page)).toContainText("12 pages");

  await prompt(page).click();
  const carry = (kind: "paste" | "drop") =>
    page.evaluate(
      ([bytes, kind]) => {
        const data = new DataTransfer();
        const raw = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
        data.items.add(new File([raw], `${kind}.png`, { type: "image/png" }));
        const init = { bubbles: true, cancelable: true };
        if (kind === "paste")
          document
            .querySelector("[role=textbox][aria-label=Prompt]")
            ?.dispatchEvent(new ClipboardEvent("paste", { ...init, clipboardData: data }));
        else
          for (const type of ["dragenter", "dragover", "drop"])
            document
              .querySelector("main h1, main")
              ?.dispatchEvent(new DragEvent(type, { ...init, dataTransfer: data }));
      },
      [pixel.toString("base64"), kind] as const,
    );
  await carry("paste");
  await expect(pieces(page).getByRole("button", { name: "Remove paste.png" })).toBeVisible();
  await carry("drop");
  await expect(pieces(page).getByRole("button", { name: "Remove drop.png" })).toBeVisible();
  await expect(prompt(page)).toHaveText("Ask something");
  await expect(pieces(page).locator("img").first()).toHaveAttribute("src", /^data:image\/png/);

  await pieces(page).getByRole("button", { name: "Remove paste.png" }).click();
  await expect(pieces(page)).not.toContainText("paste.png");
  await pieces(page).getByRole("button", { name: "paper.pdf is sent as text" }).click();
  await prompt(page).fill("/echo look");
  await page.keyboard.press("Control+Enter");
  await ended(page, fast);
  expect((await lastPrompt(page)).map(({ type, mediaType }) => mediaType ?? type)).toEqual([
    "text",
    "text/plain",
    "application/pdf",
    "image/png",
  ]);
  await expect(pieces(page)).not.toContainText("paper.pdf");
});

test("what cannot be attached is said, with the reason, before anything is sent", async ({ page }) => {
  await openFresh(page);
  await attach(
    page,
    { ...log, name: "film.mp4", mimeType: "video/mp4" },
    { ...log, name: "empty.txt", buffer: Buffer.from("") },
    { ...log, name: "core.bin", mimeType: "", buffer: Buffer.from([0, 1, 2, 255]) },
    log,
  );
  await expect(composer(page)).toContainText("film.mp4 was not attached: videos cannot be sent");
  await expect(composer(page)).toContainText("empty.txt was not attached: it is empty");
  await expect(composer(page)).toContainText(
    "core.bin was not attached: it is neither text, PDF nor a picture",
  );
  await expect(pieces(page)).toContainText("upstream.log");
  await page.getByRole("button", { name: "Dismiss the note about film.mp4" }).click();
  await expect(composer(page)).not.toContainText("film.mp4");
});

test("a prompt written while answers stream is queued, edited, and goes out when they are done", async ({
  page,
}) => {
  await openFresh(page);
  await addTargets(page, steady, "simulated/steady?tps=2");
  await ask(page, "/echo one two three four five six seven eight nine ten");
  await expect(answer(page, steady)).toHaveAttribute("aria-busy", "true");
  await prompt(page).fill("/echo the next");
  await page.getByRole("button", { name: "Queue", exact: true }).click();
  await expect(queued(page)).toContainText("/echo the next");
  await expect(queued(page)).toContainText("when all 2 are done");
  await expect(prompt(page)).toHaveText("Ask all of them the same thing");
  await queued(page).getByRole("button", { name: "Edit queued prompt" }).click();
  await page.getByRole("textbox", { name: "Queued prompt" }).fill("/echo the next one");
  await page.keyboard.press("Control+Enter");
  await expect(queued(page)).toContainText("/echo the next one");
  // Whoever looks elsewhere meanwhile loses nothing.
  await page.keyboard.press("Control+n");
  await expect(queued(page)).toBeHidden();
  await page
    .getByRole("navigation", { name: "Conversations" })
    .getByText(/one two three/)
    .click();
  await expect(answer(page, steady)).toContainText("the next one", { timeout: 30_000 });
  await expect(queued(page)).toBeHidden();
});

test("a queued prompt is taken back and brought back, and can be sent at once", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, slow);
  await ask(page, "/echo one two three four five six seven eight nine ten eleven twelve thirteen");
  await expect(answer(page, slow)).toHaveAttribute("aria-busy", "true");
  await prompt(page).fill("/echo hurry");
  await page.keyboard.press("Control+Enter");
  await queued(page).getByRole("button", { name: "Remove queued prompt" }).click();
  await expect(queued(page)).toBeHidden();
  await page.getByRole("button", { name: "Undo" }).click();
  await queued(page).getByRole("button", { name: "Send now" }).click();
  await expect(queued(page)).toBeHidden();
  await expect(answer(page, slow)).toContainText("hurry", { timeout: 30_000 });
});

test("a queued prompt outlives a reload", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, slow);
  await ask(page, "/echo one two three four five six seven eight nine ten eleven twelve thirteen");
  await expect(answer(page, slow)).toHaveAttribute("aria-busy", "true");
  await prompt(page).fill("/echo later");
  await page.keyboard.press("Control+Enter");
  await expect(queued(page)).toContainText("/echo later");
  await expect.poll(async () => JSON.stringify(await world(page))).toContain("/echo later");
  await page.reload();
  await expect(queued(page)).toContainText("/echo later");
  await answer(page, slow).getByRole("button", { name: "Stop", exact: true }).click();
  await expect(queued(page)).toBeHidden();
  await expect(answer(page, slow)).toContainText("later", { timeout: 30_000 });
});

test("each target says what the prompt would cost there, and which one it does not fit", async ({ page }) => {
  await page.goto("/?scene=full");
  await addTargets(
    page,
    "anthropic/claude-sonnet-4.6",
    "ollama/gemma3:270m",
    "openrouter/meta-llama/llama-3.3-70b-instruct:free",
  );
  await prompt(page).fill("How much is this?");
  const chip = (name: string) => targets(page).getByRole("listitem").filter({ hasText: name });
  await expect(chip("claude-sonnet-4.6")).toContainText(/≈\s\$0\.00\d/);
  await expect(chip("gemma3:270m")).toContainText("free");
  await expect(chip("llama-3.3")).toContainText("unknown");
  await expect(page.getByRole("status", { name: "Estimate" })).toContainText(
    /tok · ≈\s\$0\.00\d+ \+ 1 unknown/,
  );
  await prompt(page).fill("word ".repeat(30_000));
  await expect(composer(page)).toContainText(/Too long for gemma3:270m: it reads 32,768 tokens/);
});

test("among hundreds of models one is found, filtered, starred and kept first", async ({ page }) => {
  await page.goto("/?scene=fresh&models=400");
  await page.getByRole("button", { name: "Add target" }).click();
  await expect(search(page)).toBeFocused();
  await expect(search(page)).toHaveAttribute("placeholder", /^Search 4\d\d models$/);
  // Only what is seen is there.
  expect(await option(page, /./).count()).toBeLessThan(40);
  await page.getByRole("button", { name: "Vision" }).click();
  await page.getByRole("button", { name: "Free" }).click();
  await expect(option(page, /reads images.*free/).first()).toBeVisible();
  await page.getByRole("button", { name: "Vision" }).click();
  await page.getByRole("button", { name: "Free" }).click();
  await page.getByRole("combobox", { name: "Only of provider" }).click();
  await page.getByRole("option", { name: "Simulated" }).click();
  await expect(option(page, steady)).toBeVisible();
  await expect(option(page, /openrouter/)).toHaveCount(0);
  await search(page).fill("flk");
  await expect(option(page, "simulated/flaky")).toBeVisible();
  await page.keyboard.press("Alt+s");
  await search(page).fill("");
  await expect(option(page, /flaky.*favourite/).first()).toBeVisible();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await expect(targets(page)).toContainText("flaky");
  await page.reload();
  await page.getByRole("button", { name: "Add target" }).click();
  await expect(page.getByText("Favourites", { exact: true })).toBeVisible();
  await expect(option(page, /./).first()).toContainText("flaky");
});

test("a model that cannot be asked says why and leads to the way out", async ({ page }) => {
  await openFresh(page);
  await page.getByRole("button", { name: "Add target" }).click();
  await search(page).fill("gpt-5.4-mini");
  await expect(option(page, /gpt-5.4-mini/)).toContainText("no key · Add a key");
  await page.keyboard.press("Enter");
  await expect(search(page)).toBeHidden();
  await expect(page.getByRole("tab", { name: "Settings" })).toHaveAttribute("aria-selected", "true");
});

test("line-ups are saved with their parameters, used, renamed and deleted", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, steady, fast);
  await page.getByRole("button", { name: `Options of target ${fast}` }).click();
  await page.getByRole("menuitem", { name: "System text and parameters" }).click();
  await dialog(page).getByLabel("Temperature").fill("0.2");
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await expect(targets(page)).toContainText("temp 0.2");

  await page.getByRole("button", { name: "Add target" }).click();
  await page.getByRole("button", { name: "Line-ups" }).click();
  await page.getByRole("textbox", { name: "Name of the line-up" }).fill("Everyday");
  await page.getByRole("button", { name: "Save current" }).click();
  await expect(page.getByRole("button", { name: "Use line-up Everyday" })).toBeVisible();
  await page.keyboard.press("Escape");
  for (const target of [steady, fast])
    await page.getByRole("button", { name: `Remove target ${target}` }).click();
  await page.reload();
  await page.getByRole("button", { name: "Add target" }).click();
  await page.getByRole("button", { name: "Line-ups" }).click();
  await page.getByRole("button", { name: "Rename Everyday" }).click();
  await page.getByRole("textbox", { name: "New name of Everyday" }).fill("Two of them");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Use line-up Two of them" }).click();
  await expect(targets(page).getByRole("button", { name: /^Remove target/ })).toHaveCount(2);
  await expect(targets(page)).toContainText("temp 0.2");
  await page.getByRole("button", { name: "Add target" }).click();
  await page.getByRole("button", { name: "Line-ups" }).click();
  await page.getByRole("button", { name: "Delete Two of them" }).click();
  await expect(page.getByText("No line-up is saved yet.")).toBeVisible();
});

test("parameters hold for one column or for all, and bad ones are refused with words", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, steady, fast);
  await page.getByRole("button", { name: "System text and parameters" }).click();
  await dialog(page).getByLabel("System text of the conversation").fill("Be brief.");
  await dialog(page).getByLabel("Max tokens").fill("500");
  await dialog(page).getByRole("button", { name: "fast" }).click();
  await dialog(page).getByLabel("Temperature").fill("3");
  await dialog(page).getByRole("button", { name: "Its own" }).click();
  await dialog(page).getByLabel("System text of this column").fill("Be long.");
  await dialog(page).getByRole("combobox", { name: "Answer format" }).click();
  await page.getByRole("option", { name: "JSON after a schema" }).click();
  await dialog(page).getByLabel("JSON schema").fill('{"type": ');
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await expect(dialog(page)).toContainText("a number from 0 to 2");
  await expect(dialog(page)).toContainText("not JSON: ");
  await expect(dialog(page).getByLabel("Temperature")).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("0.2");
  await dialog(page).getByLabel("JSON schema").fill('{"type": "object"}');
  await page.keyboard.press("Control+Enter");
  await expect(dialog(page)).toBeHidden();
  const chip = (name: string) => targets(page).getByRole("listitem").filter({ hasText: name });
  await expect(chip("fast")).toContainText("systemtemp 0.2answer");
  await expect(chip("steady")).not.toContainText("temp");
  await expect(composer(page).getByRole("button", { name: "max 500" })).toBeVisible();

  await ask(page, "/echo hello");
  await ended(page, steady, fast);
  const { rows, branches } = await world(page);
  expect(rows.map(({ completion }) => completion.params)).toEqual([
    { maxTokens: 500 },
    {
      maxTokens: 500,
      temperature: 0.2,
      responseFormat: { type: "jsonSchema", name: "answer", schema: '{"type": "object"}', strict: true },
    },
  ]);
  expect(branches.map(({ system }) => system)).toEqual([null, "Be long."]);

  // From now on they are the columns' own.
  await expect(chip("fast")).toContainText("temp 0.2");
  await page.getByRole("button", { name: "System text and parameters" }).click();
  await dialog(page).getByRole("button", { name: "fast" }).click();
  await dialog(page).getByRole("button", { name: "Reset this column" }).click();
  await dialog(page).getByRole("button", { name: "Use for all columns" }).click();
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await expect.poll(async () => (await world(page)).branches.map(({ params }) => params)).toEqual([{}, {}]);
  await expect(targets(page)).not.toContainText("temp");
});

test("the next prompt goes to all columns or to one, as one chooses", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, steady, fast);
  await ask(page, "/echo both");
  await ended(page, steady, fast);
  await page.getByRole("button", { name: "Goes to all 2 columns" }).click();
  await page.getByRole("menuitem", { name: "Only fast" }).click();
  await expect(targets(page)).toContainText("not asked");
  await ask(page, "/echo only you");
  await ended(page, fast);
  await expect.poll(async () => (await world(page)).rows.length).toBe(3);
  expect((await world(page)).rows.at(-1)?.completion.requested).toBe(fast);
  await page.getByRole("button", { name: "Goes to only fast" }).click();
  await page.getByRole("menuitem", { name: "All 2 columns" }).click();
  await ask(page, "/echo both again");
  await expect.poll(async () => (await world(page)).rows.length).toBe(5);
});

test("a column asks another model from the next prompt on", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, steady);
  await ask(page, "/echo one");
  await ended(page, steady);
  await page.getByRole("button", { name: `Options of target ${steady}` }).click();
  await page.getByRole("menuitem", { name: "Choose another model" }).click();
  await search(page).fill(fast);
  await page.keyboard.press("Enter");
  await expect(targets(page).getByRole("button", { name: `Remove target ${fast}` })).toBeVisible();
  await ask(page, "/echo two");
  await ended(page, fast);
  expect((await world(page)).branches.map(({ target }) => target)).toEqual([fast]);
});

test("Enter sends where that is preferred, and Shift Enter makes a line", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, fast);
  await prompt(page).click();
  await page.keyboard.type("/echo one");
  await page.keyboard.press("Enter");
  await page.keyboard.type("two");
  await expect(prompt(page).locator(".cm-line")).toHaveCount(2);
  await page.addInitScript(() => {
    const world = JSON.parse(sessionStorage.getItem("engine") ?? "{}") as { prefs: Record<string, unknown> };
    world.prefs = { ...world.prefs, sendWith: "enter" };
    sessionStorage.setItem("engine", JSON.stringify(world));
  });
  await page.reload();
  await prompt(page).fill("/echo three");
  await page.keyboard.press("End");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("four");
  await expect(prompt(page).locator(".cm-line")).toHaveCount(2);
  await page.keyboard.press("Enter");
  await ended(page, fast);
  expect(await lastPrompt(page)).toEqual([{ type: "text", text: "/echo three\nfour" }]);
});

test("the box grows with its text, and as far as it is drawn", async ({ page }) => {
  await openFresh(page);
  const height = async () =>
    (await prompt(page).locator("xpath=ancestor::*[contains(@class,'cm-editor')]").boundingBox())?.height ??
    0;
  const small = await height();
  await prompt(page).fill(Array.from({ length: 60 }, (_, i) => `line ${i}`).join("\n"));
  expect(await height()).toBeGreaterThan(small);
  expect(await height()).toBeLessThanOrEqual(800 * 0.4 + 1);
  await prompt(page).fill("");
  const grip = page.getByRole("separator", { name: "Height of the prompt" });
  await grip.focus();
  for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowUp");
  expect(await height()).toBe(170);
  const box = await grip.boundingBox();
  await page.mouse.move((box?.x ?? 0) + 200, (box?.y ?? 0) + 4);
  await page.mouse.down();
  await page.mouse.move((box?.x ?? 0) + 200, (box?.y ?? 0) - 96, { steps: 4 });
  await page.mouse.up();
  expect(await height()).toBe(270);
  await page.reload();
  await expect.poll(height).toBe(270);
});

test("everything in the composer is done from the keyboard alone", async ({ page }) => {
  await openFresh(page);
  await expect(prompt(page)).toBeFocused();
  await page.keyboard.type("/echo {{what}}");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("textbox", { name: "Value of what" })).toBeFocused();
  await page.keyboard.type("keys");
  await page.keyboard.press("Enter");
  await expect(prompt(page)).toBeFocused();
  await page.keyboard.press("Control+m");
  await expect(search(page)).toBeFocused();
  await page.keyboard.type(fast);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await expect(prompt(page)).toBeFocused();
  const options = page.getByRole("button", { name: `Options of target ${fast}` });
  await options.focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(dialog(page)).toBeVisible();
  await dialog(page).getByLabel("Temperature").focus();
  await page.keyboard.type("0.5");
  await page.keyboard.press("Control+Enter");
  await expect(dialog(page)).toBeHidden();
  await page.keyboard.press("Control+l");
  await page.keyboard.press("Control+Enter");
  await ended(page, fast);
  await expect(answer(page, fast)).toContainText("keys");
  expect((await world(page)).rows[0]?.completion.params).toEqual({ temperature: 0.5 });
  // What was sent can be had back.
  await page.keyboard.press("Control+l");
  await page.keyboard.type("/echo again");
  await page.keyboard.press("Control+Enter");
  await expect(prompt(page)).toHaveText("Ask something");
  await page.keyboard.press("Control+z");
  await expect(prompt(page)).toHaveText("/echo again");
});

for (const colorScheme of ["dark", "light"] as const)
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });
    test("the composer in all its states can be used by everybody", async ({ page }) => {
      await openFresh(page);
      await addTargets(page, steady, slow);
      await ask(page, "/echo one two three four five six seven eight nine ten eleven twelve thirteen");
      await expect(answer(page, slow)).toHaveAttribute("aria-busy", "true");
      await prompt(page).fill("# Next\n**bold** `code` {{what}} [link](https://a.test)\n> quoted");
      await page.keyboard.press("Control+Enter");
      await page.getByRole("button", { name: "Send as written" }).click();
      await prompt(page).fill("# And {{then}} **bold** `code`");
      await attach(page, log, picture, paper, { ...log, name: "film.mp4", mimeType: "video/mp4" });
      await expect(pieces(page)).toContainText("paper.pdf");
      await page.keyboard.press("Control+Enter");
      expect(await problems(page)).toEqual([]);
      await page.getByRole("button", { name: "Add target" }).click();
      await expect(option(page, /./).first()).toBeVisible();
      await page.keyboard.press("Alt+s");
      expect(await problems(page)).toEqual([]);
      await page.getByRole("button", { name: "Line-ups" }).click();
      await page.getByRole("textbox", { name: "Name of the line-up" }).fill("One");
      await page.getByRole("button", { name: "Save current" }).click();
      expect(await problems(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: `Options of target ${slow}` }).click();
      expect(await problems(page)).toEqual([]);
      await page.getByRole("menuitem", { name: "System text and parameters" }).click();
      await dialog(page).getByLabel("Temperature").fill("3");
      await dialog(page).getByRole("button", { name: "Save" }).click();
      expect(await problems(page)).toEqual([]);
    });
  });

test("each line of the prompt runs in the direction of its words", async ({ page }) => {
  await openFresh(page);
  await prompt(page).fill("שלום, מה שלומך?\nAnd in English.\nالخدمة مشغولة");
  const directions = () =>
    prompt(page)
      .locator(".cm-line")
      .evaluateAll((lines) => lines.map((line) => getComputedStyle(line).direction));
  await expect.poll(directions).toEqual(["rtl", "ltr", "rtl"]);
});

test("one prompt is asked once, however fast the key comes again", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, fast);
  await prompt(page).fill("/echo hello");
  await page.evaluate(() => {
    const box = document.querySelector("[role=textbox][aria-label=Prompt]");
    const key = { key: "Enter", code: "Enter", keyCode: 13, ctrlKey: true, bubbles: true, cancelable: true };
    for (let times = 0; times < 3; times += 1) box?.dispatchEvent(new KeyboardEvent("keydown", key));
  });
  await ended(page, fast);
  expect((await world(page)).rows).toHaveLength(1);
});

test("a queued prompt that is being edited waits, and to stop everything begins nothing", async ({
  page,
}) => {
  await openFresh(page);
  const gentle = "simulated/steady?tps=8";
  await addTargets(page, gentle);
  await ask(page, "/echo one two three four");
  await prompt(page).fill("/echo old");
  await page.keyboard.press("Control+Enter");
  await queued(page).getByRole("button", { name: "Edit queued prompt" }).click();
  const words = page.getByRole("textbox", { name: "Queued prompt" });
  await words.fill("/echo new one two three four five six seven eight nine ten eleven twelve");
  const box = page.getByRole("textbox", { name: "Prompt", exact: true });
  await box.fill("/echo behind");
  await page.keyboard.press("Control+Enter");
  await expect(queued(page)).toContainText("after the one above");
  await ended(page, gentle);
  // What is typed stays while one looks elsewhere.
  await page.keyboard.press("Control+n");
  await expect(queued(page)).toBeHidden();
  await page
    .getByRole("navigation", { name: "Conversations" })
    .getByText(/one two three/)
    .click();
  await expect(words).toHaveValue(/new one two/);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(answer(page, gentle)).toContainText("new");
  await expect(queued(page)).not.toContainText("new");
  await page.keyboard.press("Control+Shift+Escape");
  await expect(queued(page).getByRole("alert")).toHaveText("You stopped the answers, so this was not sent");
  await ended(page, gentle);
  await queued(page).getByRole("button", { name: "Send now" }).click();
  await expect(answer(page, gentle)).toContainText("behind");
  await expect(queued(page)).toBeHidden();
});

test("what was typed can be undone after one has looked elsewhere", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, fast);
  await ask(page, "/echo alpha");
  await ended(page, fast);
  await prompt(page).click();
  await page.keyboard.type("kept words");
  await page.keyboard.press("Control+ArrowLeft");
  await page.keyboard.press("Control+n");
  await expect(prompt(page)).toHaveText("Ask something");
  await page.getByRole("navigation", { name: "Conversations" }).getByText("/echo alpha").click();
  await expect(prompt(page)).toHaveText("kept words");
  await prompt(page).focus();
  await page.keyboard.type("own ");
  await expect(prompt(page)).toHaveText("kept own words");
  for (let times = 0; times < 2; times += 1) await page.keyboard.press("Control+z");
  await expect(prompt(page)).toHaveText("Ask something");
});

test("columns of one model are told apart, and parameters begin in a field", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, fast);
  await page.getByRole("button", { name: `Options of target ${fast}` }).click();
  await page.getByRole("menuitem", { name: "Add a second column of it" }).click();
  await expect(
    targets(page).getByRole("button", { name: `Options of target ${fast}, column 2` }),
  ).toContainText("2");
  await expect(page.getByRole("button", { name: `Remove target ${fast}, column 1` })).toBeAttached();
  await page.getByRole("button", { name: "System text and parameters" }).click();
  await expect(dialog(page).getByLabel("System text of the conversation")).toBeFocused();
  await page.keyboard.press("Escape");
  await ask(page, "/echo hello");
  await page.getByRole("button", { name: "Goes to all 2 columns" }).click();
  await page
    .getByRole("menuitemradio", { name: "Only 2 fast" })
    .or(page.getByRole("menuitem", { name: "Only 2 fast" }))
    .click();
  await expect(page.getByRole("button", { name: "Goes to only 2 fast" })).toBeVisible();
});

test("the box is as high before, while and after a prompt is answered", async ({ page }) => {
  await openFresh(page);
  await addTargets(page, steady, fast);
  const high = async () => (await composer(page).boundingBox())?.height;
  const before = await high();
  await prompt(page).fill("/echo one two three four five six seven eight nine ten");
  await expect(page.getByRole("status", { name: "Estimate" })).toContainText("tok");
  expect(await high()).toBe(before);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(answer(page, steady)).toHaveAttribute("aria-busy", "true");
  expect(await high()).toBe(before);
  await ended(page, steady, fast);
  expect(await high()).toBe(before);
});

test("nothing that stands in each conversation is a form, which WebKit would keep for as long as the page lives", async ({
  page,
}) => {
  await openFresh(page);
  await addTargets(page, fast);
  await ask(page, "/echo hello");
  await ended(page, fast);
  await expect(composer(page)).toBeVisible();
  expect(await page.locator("form").count()).toBe(0);
});
