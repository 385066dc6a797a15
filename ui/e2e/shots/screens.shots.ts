/** Every screen in every state, in both themes and three sizes. `SHOTS=name,name` takes only those. */
import { test, type Page } from "@playwright/test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { screens, START } from "./screens";

const folder = process.env.SHOTS_INTO ?? fileURLToPath(new URL("../../../target/shots", import.meta.url));
const sizes = { 900: 600, 1280: 800, 1920: 1080 };
const wanted = process.env.SHOTS?.split(",");

mkdirSync(folder, { recursive: true });

for (const [name, screen] of Object.entries(screens))
  for (const [width, height] of Object.entries(sizes))
    if (!wanted || wanted.includes(name))
      test(`${name} at ${width} × ${height}`, async ({ page }) => {
        await page.setViewportSize({ width: Number(width), height });
        await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
        await page.clock.install({ time: START });
        await screen(page);
        await settled(page);
        for (const colorScheme of ["dark", "light"] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          await settled(page);
          await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png`, caret: "hide" });
        }
      });

async function settled(page: Page): Promise<void> {
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  await page.clock.runFor(400);
}

test.afterAll(() => {
  const files = readdirSync(folder).filter((file) => file.endsWith(".png"));
  const names = [...new Set(files.map((file) => file.replace(/-\d+-(dark|light)\.png$/, "")))];
  const rows = names.map((name) => {
    const mine = files.filter(
      (file) => file.startsWith(`${name}-`) && /^-\d+-\w+\.png$/.test(file.slice(name.length)),
    );
    const pictures = mine.map(
      (file) => `<a href="${file}"><img loading="lazy" src="${file}" alt="${file}"></a>`,
    );
    return `<h2>${name}</h2><div>${pictures.join("")}</div>`;
  });
  const style =
    "body{font:14px sans-serif;margin:24px}div{display:flex;flex-wrap:wrap;gap:8px}img{height:240px;border:1px solid #8888}";
  writeFileSync(
    `${folder}/index.html`,
    `<!doctype html><meta charset="utf-8"><title>Orchesity: every screen</title><style>${style}</style>${rows.join("\n")}\n`,
  );
});
