import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { asCurl, asPython, asTypeScript, sentOf, type Sent } from "./copies";

const nasty = JSON.stringify({ model: "p/m", text: `it's "so" $HOME \`id\` \\ \n é 世界 ${"${x}"}` });
const sent = (change: Partial<Sent> = {}): Sent => ({
  url: "http://127.0.0.1:4141/v1/messages",
  body: nasty,
  stream: false,
  ...change,
});

test("a shell hands curl exactly the bytes of the body, whatever is in it", () => {
  const script = asCurl(sent()).replace(/^curl/, "printf '%s\\n'");
  const out = execFileSync("sh", ["-c", script], { env: { ...process.env, ORCHESITY_KEY: "k" } }).toString();
  expect(out).toContain(nasty);
  expect(out).toContain("authorization: Bearer k");
});

test("Python reads the same body", () => {
  const [, , , line] = asPython(sent()).split("\n");
  const out = execFileSync("python3", ["-c", `${line}\nimport sys\nsys.stdout.buffer.write(body.encode())`]);
  expect(out.toString()).toBe(nasty);
});

test("TypeScript sends the same body, as a value where that says the same", () => {
  const body = (text: string) => {
    const [, made = ""] = /body: ([\s\S]*),\n\}\);/.exec(text) ?? [];
    return execFileSync("node", ["-e", `process.stdout.write(${made})`]).toString();
  };
  expect(body(asTypeScript(sent()))).toBe(nasty);
  expect(asTypeScript(sent())).toContain("JSON.stringify({");
  // Whoever writes numbers or blanks of its own gets them back.
  const odd = '{"model": "p/m", "n": 1.0, "big": 12345678901234567890}';
  expect(body(asTypeScript(sent({ body: odd })))).toBe(odd);
});

test("no key is in any of them, only where it is looked up", () => {
  for (const text of [asCurl, asPython, asTypeScript].map((as) => as(sent({ stream: true })))) {
    expect(text).toContain("ORCHESITY_KEY");
    expect(text).not.toMatch(/ork_/);
  }
});

test("a call whose body was not kept cannot be made again; Gemini's path names the model", () => {
  const call = { route: "/v1beta/models/*:generateContent", requested: "gemini/flash", stream: false };
  const detail = { call, title: null, body: null, decision: null, attempts: [] } as never;
  expect(sentOf(detail, "http://x")).toBeNull();
  const kept = sentOf({ ...(detail as object), body: "{}" } as never, "http://x");
  expect(kept?.url).toBe("http://x/v1beta/models/gemini/flash:generateContent");
});

test("a model in a path is read as it was asked for, whatever is in its name", () => {
  const of = (requested: string, route: string) => {
    const call = { route, requested, stream: route.includes("stream") };
    return sentOf({ call, body: "{}" } as never, "http://x")?.url ?? "";
  };
  const whole = "/v1beta/models/*:generateContent";
  for (const model of ["simulated/steady?tps=50&seed=7", "local/llama:8b", "a/b c#1%2F[é]'", "x/$&"]) {
    const { pathname, search, hash } = new URL(of(model, whole));
    expect(decodeURIComponent(pathname)).toBe(`/v1beta/models/${model}:generateContent`);
    expect(search + hash).toBe("");
  }
  expect(of("local/llama:8b", whole)).toContain("/models/local/llama:8b:generateContent");
});

test("Gemini's stream comes as events again; other dialects say in the body that they want one", () => {
  const of = (route: string) => {
    const call = { route, requested: "gemini/flash?x", stream: true };
    return sentOf({ call, body: "{}" } as never, "http://x")?.url;
  };
  expect(of("/v1beta/models/*:streamGenerateContent")).toBe(
    "http://x/v1beta/models/gemini/flash%3Fx:streamGenerateContent?alt=sse",
  );
  expect(of("/v1/chat/completions")).toBe("http://x/v1/chat/completions");
});
