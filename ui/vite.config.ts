import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { firstFrame, startLimit } from "./build/first.ts";

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

/** kB of scripts that are read before the first frame, and before the program runs. The rest comes by `import()`. */
const START_KB = { "src/boot.ts": 6, "src/main.tsx": 640 };

export default defineConfig({
  plugins: [
    react(),
    firstFrame(fileURLToPath(new URL("./src/styles", import.meta.url))),
    startLimit(START_KB),
  ],
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
    // One style sheet, in one order, whatever is opened first.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    // One script with all that the program needs to begin: many small ones cost more to ask for than to read.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What loads scripts has to be outside of what it loads.
            { name: "load", test: /vite\/preload-helper/, priority: 1 },
            { name: "main", test: /src\/main\.tsx$/ },
          ],
        },
      },
    },
    assetsInlineLimit: 0,
  },
  test: { environment: "happy-dom", include: ["{src,build}/**/*.test.{ts,tsx}"], restoreMocks: true },
});
