import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import { readdirSync } from "node:fs";
import ts from "typescript-eslint";

const features = readdirSync(`${import.meta.dirname}/src/features`);

/** A feature has one face, and knows no other feature; `app/` composes them. */
const boundaries = features.map((feature) => ({
  files: [`src/features/${feature}/**`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            group: ["@/features/*", "@/app/*"],
            message: "A feature imports from components, ipc and lib only.",
          },
          { group: ["@tauri-apps/*", "@/ipc/*"], message: "Only src/ipc knows Tauri; import from @/ipc." },
        ],
      },
    ],
  },
}));

export default ts.config(
  { ignores: ["dist", "node_modules", "test-results", "src/ipc/bindings.ts"] },
  js.configs.recommended,
  ...ts.configs.strict,
  {
    files: ["src/**/*.{ts,tsx}"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "react-hooks": hooks },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/consistent-type-imports": "error",
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "No raw HTML, ever." },
      ],
      "no-eval": "error",
      "no-implied-eval": "error",
    },
  },
  {
    files: ["src/{components,lib}/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["@/features/*", "@/app/*", "@tauri-apps/*"],
              message: "components and lib stand below features.",
            },
          ],
        },
      ],
    },
  },
  {
    files: ["src/app/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: ["@/features/*/*"], message: "A feature has one face: its index.ts." },
            { group: ["@tauri-apps/*"], message: "Only src/ipc knows Tauri." },
          ],
        },
      ],
    },
  },
  ...boundaries,
  // Tests run on the fake engine, which nobody else may name.
  { files: ["src/**/*.test.{ts,tsx}"], rules: { "no-restricted-imports": "off" } },
);
