/** What to write where, so that a tool asks the gateway. */
import type { Target } from "@/ipc";

export type Tool =
  | "claudeCode"
  | "codex"
  | "cursor"
  | "continue"
  | "aider"
  | "llm"
  | "openaiPython"
  | "openaiNode"
  | "anthropicPython"
  | "anthropicNode"
  | "googlePython"
  | "googleNode"
  | "curl";

/** One thing to do: words, and what to copy. */
export type Step = { say: string; lang: string; code: string };

/** How a tool is set up; `note` is what to know before. */
export type Snippet = { note?: string; steps: readonly Step[] };

export const tools: readonly { id: Tool; title: string; hint?: string }[] = [
  { id: "claudeCode", title: "Claude Code" },
  { id: "codex", title: "Codex" },
  { id: "cursor", title: "Cursor" },
  { id: "continue", title: "Continue" },
  { id: "aider", title: "aider" },
  { id: "llm", title: "llm" },
  { id: "openaiPython", title: "OpenAI SDK", hint: "Python" },
  { id: "openaiNode", title: "OpenAI SDK", hint: "Node" },
  { id: "anthropicPython", title: "Anthropic SDK", hint: "Python" },
  { id: "anthropicNode", title: "Anthropic SDK", hint: "Node" },
  { id: "googlePython", title: "Google Gen AI SDK", hint: "Python" },
  { id: "googleNode", title: "Google Gen AI SDK", hint: "Node" },
  { id: "curl", title: "curl" },
];

/** What a tool is called where its language does not stand beside it. */
export function toolName(tool: Tool): string {
  const { title, hint } = tools.find(({ id }) => id === tool) ?? { title: tool };
  return hint ? `${title}, ${hint}` : title;
}

/** Stands where the key goes: a key is shown once, and kept nowhere. */
export const KEY = "ork_YOUR_KEY";

const shell = (say: string, ...lines: string[]): Step => ({ say, lang: "sh", code: lines.join("\n") });
const quoted = (text: string) => JSON.stringify(text);

/** How `tool` is made to ask `model` of the gateway at `url`. */
export function snippet(tool: Tool, url: string, model: Target): Snippet {
  const v1 = `${url}/v1`;
  switch (tool) {
    case "claudeCode":
      return {
        steps: [
          shell(
            "In the shell that starts it",
            `export ANTHROPIC_BASE_URL=${url}`,
            `export ANTHROPIC_AUTH_TOKEN=${KEY}`,
            `export ANTHROPIC_MODEL='${model}'`,
            "claude",
          ),
        ],
      };
    case "codex":
      return {
        steps: [
          {
            say: "In ~/.codex/config.toml",
            lang: "toml",
            code: [
              `model = ${quoted(model)}`,
              'model_provider = "orchesity"',
              // Tools that only OpenAI's own models can be offered.
              'web_search = "disabled"',
              "",
              "[features]",
              "multi_agent = false",
              "",
              "[model_providers.orchesity]",
              'name = "Orchesity"',
              `base_url = ${quoted(v1)}`,
              'env_key = "ORCHESITY_KEY"',
              'wire_api = "responses"',
            ].join("\n"),
          },
          shell("In the shell that starts it", `export ORCHESITY_KEY=${KEY}`, "codex"),
        ],
      };
    case "cursor":
      return {
        note: "Cursor asks from its own servers, which cannot reach this machine. It needs an address on the internet that leads here (a tunnel), and that address among the names below.",
        steps: [
          {
            say: "Settings, Models, API keys: switch on “Override OpenAI Base URL”",
            lang: "text",
            code: v1,
          },
          { say: "As the OpenAI API key", lang: "text", code: KEY },
          { say: "Add a custom model of this name", lang: "text", code: model },
        ],
      };
    case "continue":
      return {
        steps: [
          {
            say: "In ~/.continue/config.yaml",
            lang: "yaml",
            code: [
              "name: Orchesity",
              "version: 0.0.1",
              "schema: v1",
              "models:",
              `  - name: ${quoted(model)}`,
              "    provider: openai",
              `    model: ${quoted(model)}`,
              `    apiBase: ${v1}`,
              `    apiKey: ${KEY}`,
              "    roles: [chat, edit, apply]",
            ].join("\n"),
          },
        ],
      };
    case "aider":
      return {
        steps: [
          shell(
            "In the shell that starts it",
            `export OPENAI_API_BASE=${v1}`,
            `export OPENAI_API_KEY=${KEY}`,
            `aider --model 'openai/${model}'`,
          ),
        ],
      };
    case "llm":
      return {
        steps: [
          {
            say: "In extra-openai-models.yaml, in the folder that `llm logs path` names",
            lang: "yaml",
            code: [
              "- model_id: orchesity",
              `  model_name: ${quoted(model)}`,
              `  api_base: ${v1}`,
              "  api_key_name: orchesity",
            ].join("\n"),
          },
          shell("Once", `llm keys set orchesity --value ${KEY}`),
          shell("Then", "llm -m orchesity 'Say hello'"),
        ],
      };
    case "openaiPython":
      return {
        steps: [
          shell("Once", "pip install openai"),
          {
            say: "hello.py",
            lang: "python",
            code: [
              "from openai import OpenAI",
              "",
              `client = OpenAI(base_url=${quoted(v1)}, api_key=${quoted(KEY)})`,
              "answer = client.chat.completions.create(",
              `    model=${quoted(model)},`,
              '    messages=[{"role": "user", "content": "Say hello"}],',
              ")",
              "print(answer.choices[0].message.content)",
            ].join("\n"),
          },
        ],
      };
    case "openaiNode":
      return {
        steps: [
          shell("Once", "npm install openai"),
          {
            say: "hello.mjs",
            lang: "js",
            code: [
              'import OpenAI from "openai";',
              "",
              `const client = new OpenAI({ baseURL: ${quoted(v1)}, apiKey: ${quoted(KEY)} });`,
              "const answer = await client.chat.completions.create({",
              `  model: ${quoted(model)},`,
              '  messages: [{ role: "user", content: "Say hello" }],',
              "});",
              "console.log(answer.choices[0].message.content);",
            ].join("\n"),
          },
        ],
      };
    case "anthropicPython":
      return {
        steps: [
          shell("Once", "pip install anthropic"),
          {
            say: "hello.py",
            lang: "python",
            code: [
              "from anthropic import Anthropic",
              "",
              `client = Anthropic(base_url=${quoted(url)}, api_key=${quoted(KEY)})`,
              "answer = client.messages.create(",
              `    model=${quoted(model)},`,
              "    max_tokens=1024,",
              '    messages=[{"role": "user", "content": "Say hello"}],',
              ")",
              "print(answer.content[0].text)",
            ].join("\n"),
          },
        ],
      };
    case "anthropicNode":
      return {
        steps: [
          shell("Once", "npm install @anthropic-ai/sdk"),
          {
            say: "hello.mjs",
            lang: "js",
            code: [
              'import Anthropic from "@anthropic-ai/sdk";',
              "",
              `const client = new Anthropic({ baseURL: ${quoted(url)}, apiKey: ${quoted(KEY)} });`,
              "const answer = await client.messages.create({",
              `  model: ${quoted(model)},`,
              "  max_tokens: 1024,",
              '  messages: [{ role: "user", content: "Say hello" }],',
              "});",
              "console.log(answer.content[0].text);",
            ].join("\n"),
          },
        ],
      };
    case "googlePython":
      return {
        steps: [
          shell("Once", "pip install google-genai"),
          {
            say: "hello.py",
            lang: "python",
            code: [
              "from google import genai",
              "from google.genai import types",
              "",
              "client = genai.Client(",
              `    api_key=${quoted(KEY)},`,
              `    http_options=types.HttpOptions(base_url=${quoted(url)}),`,
              ")",
              "answer = client.models.generate_content(",
              `    model=${quoted(model)},`,
              '    contents="Say hello",',
              ")",
              "print(answer.text)",
            ].join("\n"),
          },
        ],
      };
    case "googleNode":
      return {
        steps: [
          shell("Once", "npm install @google/genai"),
          {
            say: "hello.mjs",
            lang: "js",
            code: [
              'import { GoogleGenAI } from "@google/genai";',
              "",
              "const client = new GoogleGenAI({",
              `  apiKey: ${quoted(KEY)},`,
              `  httpOptions: { baseUrl: ${quoted(url)} },`,
              "});",
              "const answer = await client.models.generateContent({",
              `  model: ${quoted(model)},`,
              '  contents: "Say hello",',
              "});",
              "console.log(answer.text);",
            ].join("\n"),
          },
        ],
      };
    case "curl":
      return {
        steps: [
          shell(
            "In a shell",
            `curl ${v1}/chat/completions \\`,
            `  -H 'authorization: Bearer ${KEY}' \\`,
            "  -H 'content-type: application/json' \\",
            `  -d '${JSON.stringify({ model, messages: [{ role: "user", content: "Say hello" }] })}'`,
          ),
        ],
      };
  }
}
