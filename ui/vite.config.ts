import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** What the shell sends with the page, so that a plain browser refuses what the app would refuse. */
const csp = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'nonce-__TAURI_STYLE_NONCE__'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "frame-src 'none'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  preview: { port: 4173, strictPort: true, headers: { "content-security-policy": csp } },
  build: {
    target: ["es2022", "safari16.4"],
    // WebKitGTK of Debian 12 and newer: `:dir()` and nested colours stay as they are written.
    cssTarget: ["safari17.4", "chrome120"],
    chunkSizeWarningLimit: 700,
    // The page comes from disk: a preload polyfill and inlined assets only cost start-up time.
    // One style sheet: each further one is a file that the first paint waits for.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"], restoreMocks: true },
});
