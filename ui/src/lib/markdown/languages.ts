/** The grammars: a chunk of its own, asked for when the first program is shown. */
import bash from "highlight.js/lib/languages/bash";
import clojure from "highlight.js/lib/languages/clojure";
import cmake from "highlight.js/lib/languages/cmake";
import dart from "highlight.js/lib/languages/dart";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import elixir from "highlight.js/lib/languages/elixir";
import erlang from "highlight.js/lib/languages/erlang";
import fsharp from "highlight.js/lib/languages/fsharp";
import groovy from "highlight.js/lib/languages/groovy";
import haskell from "highlight.js/lib/languages/haskell";
import http from "highlight.js/lib/languages/http";
import julia from "highlight.js/lib/languages/julia";
import latex from "highlight.js/lib/languages/latex";
import nginx from "highlight.js/lib/languages/nginx";
import nix from "highlight.js/lib/languages/nix";
import ocaml from "highlight.js/lib/languages/ocaml";
import powershell from "highlight.js/lib/languages/powershell";
import protobuf from "highlight.js/lib/languages/protobuf";
import scala from "highlight.js/lib/languages/scala";
import { common, createLowlight } from "lowlight";
import type { Token, TokenKind } from "./tokens";

const grammars = createLowlight(common);
grammars.register({
  bash,
  clojure,
  cmake,
  dart,
  dockerfile,
  elixir,
  erlang,
  fsharp,
  groovy,
  haskell,
  http,
  julia,
  latex,
  nginx,
  nix,
  ocaml,
  powershell,
  protobuf,
  scala,
});
grammars.registerAlias({
  bash: ["console", "fish"],
  javascript: ["node"],
  json: ["json5", "jsonc", "jsonl"],
  typescript: ["deno"],
  xml: ["svelte", "vue"],
});

/** The grammar's classes in the few colours that the theme has. */
const kinds: Record<string, TokenKind> = {
  addition: "ins",
  attr: "fn",
  attribute: "fn",
  built_in: "fn",
  bullet: "num",
  char: "str",
  class: "fn",
  code: "str",
  comment: "com",
  deletion: "del",
  doctag: "com",
  function: "fn",
  keyword: "key",
  link: "str",
  literal: "num",
  meta: "com",
  name: "key",
  number: "num",
  property: "fn",
  quote: "com",
  regexp: "str",
  section: "fn",
  "selector-attr": "fn",
  "selector-class": "fn",
  "selector-id": "fn",
  "selector-pseudo": "fn",
  "selector-tag": "key",
  string: "str",
  symbol: "num",
  tag: "key",
  "template-tag": "key",
  title: "fn",
  type: "fn",
};

/** `null` when there is no grammar for it. */
export function tokens(code: string, lang: string): Token[] | null {
  const language = lang.toLowerCase().replace(/[{:,].*$/, "");
  if (!grammars.registered(language)) return null;
  const found: Token[] = [];
  const walk = (nodes: readonly Node[], kind: TokenKind | null) => {
    for (const node of nodes) {
      if (node.type === "text") {
        const last = found.at(-1);
        if (last?.kind === kind) last.text += node.value ?? "";
        else found.push({ kind, text: node.value ?? "" });
      } else if (node.children) walk(node.children, kindOf(node) ?? kind);
    }
  };
  walk(grammars.highlight(language, code).children as readonly Node[], null);
  return found;
}

type Node = {
  type: string;
  value?: string;
  children?: readonly Node[];
  properties?: { className?: unknown };
};

function kindOf({ properties }: Node): TokenKind | undefined {
  const [name] = Array.isArray(properties?.className) ? (properties.className as unknown[]) : [];
  // `hljs-title function_`: the first one says enough.
  return kinds[
    String(name)
      .replace(/^hljs-/, "")
      .split(".")[0] ?? ""
  ];
}
