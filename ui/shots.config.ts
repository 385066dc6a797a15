import { defineConfig } from "@playwright/test";
import base from "./playwright.config";

/** Pictures of every screen into `target/shots`: `cargo xtask shots`. They promise nothing; people look at them. */
export default defineConfig({
  ...base,
  testDir: "e2e/shots",
  testMatch: "*.shots.ts",
  timeout: 30_000,
  expect: { timeout: 8_000 },
  forbidOnly: false,
});
