import { defineConfig } from "@playwright/test";
import { existsSync } from "node:fs";

/** Debian's place for it, then those of Ubuntu's package and of its snap. */
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/snap/bin/chromium"];
const chromium = process.env.CHROMIUM ?? places.find((place) => existsSync(place)) ?? places[0];

/** Where it is served already, for those who serve it themselves. */
const served = process.env.UI_URL;

/** The built window over the fake engine, in the system's Chromium. */
export default defineConfig({
  testDir: "e2e",
  // For what hangs, on a slow machine that may be compiling as well; nothing here asserts a time.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  workers: 2,
  forbidOnly: true,
  // In CI a machine that stood still for a moment costs a second try and not the whole run; the
  // closing lines name each test that needed one.
  retries: process.env.CI ? 1 : 0,
  reporter: "list",
  use: {
    baseURL: served ?? "http://127.0.0.1:4173",
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      executablePath: chromium,
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
  webServer: served
    ? undefined
    : {
        command: "npx vite preview --host 127.0.0.1",
        url: "http://127.0.0.1:4173",
        // In CI a page that another checkout serves must not pass for this one.
        reuseExistingServer: !process.env.CI,
      },
});
