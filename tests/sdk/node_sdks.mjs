// The official Node SDKs and the Vercel AI SDK against `orch serve`: `node node_sdks.mjs URL KEY MODEL TOOL_MODEL`.
// TOOL_MODEL is asked in the words that make it call `get_weather`; `-` leaves tools out.

import assert from "node:assert/strict";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { generateText, streamText, tool } from "ai";
import OpenAI from "openai";
import { z } from "zod";

const [url, key, model, toolModel] = process.argv.slice(2);
const failed = [];
const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
const anthropic = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
const google = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } });
const asked = "Say one short sentence.";
const messages = [{ role: "user", content: asked }];

async function check(name, run) {
  try {
    await run();
    console.log("ok  ", name);
  } catch (error) {
    failed.push(name);
    console.log("BAD ", name, String(error?.stack ?? error).slice(0, 600));
  }
}

await check("openai chat", async () => {
  const answer = await openai.chat.completions.create({ model, messages, max_tokens: 24 });
  assert.ok(answer.choices[0].message.content);
  assert.ok(answer.usage.completion_tokens > 0);
  assert.ok(answer._request_id);
});

await check("openai chat, streamed", async () => {
  const stream = openai.chat.completions.stream({
    model,
    messages,
    max_tokens: 24,
    stream_options: { include_usage: true },
  });
  const final = await stream.finalChatCompletion();
  assert.ok(final.choices[0].message.content);
  assert.ok(final.usage.completion_tokens > 0);
});

await check("openai responses, streamed", async () => {
  const stream = openai.responses.stream({ model, input: asked });
  const final = await stream.finalResponse();
  assert.ok(final.output_text || final.output.length > 0);
});

await check("openai errors", async () => {
  await assert.rejects(
    openai.chat.completions.create({ model: "nobody/knows", messages }),
    (error) => error instanceof OpenAI.NotFoundError && error.code === "model_not_found",
  );
});

await check("openai leaves in the middle", async () => {
  const stream = await openai.chat.completions.create({ model, messages, stream: true });
  for await (const chunk of stream) {
    assert.ok(chunk.choices);
    stream.controller.abort();
    break;
  }
});

await check("anthropic", async () => {
  const answer = await anthropic.messages.create({ model, messages, max_tokens: 24 });
  assert.ok(answer.content[0].text);
  const stream = anthropic.messages.stream({ model, messages, max_tokens: 24 });
  const final = await stream.finalMessage();
  assert.ok(final.content[0].text && final.stop_reason && final.usage.output_tokens > 0);
  const counted = await anthropic.messages.countTokens({ model, messages });
  assert.ok(counted.input_tokens > 0);
});

await check("google", async () => {
  const config = { maxOutputTokens: 24 };
  const answer = await google.models.generateContent({ model, contents: asked, config });
  assert.ok(answer.text);
  let text = "";
  for await (const piece of await google.models.generateContentStream({ model, contents: asked, config })) {
    text += piece.text ?? "";
  }
  assert.ok(text);
});

const vercelOpenai = createOpenAI({ baseURL: `${url}/v1`, apiKey: key });
const vercelAnthropic = createAnthropic({ baseURL: `${url}/v1`, apiKey: key });
const providers = {
  "chat": (name) => vercelOpenai.chat(name),
  "responses": (name) => vercelOpenai.responses(name),
  "anthropic": (name) => vercelAnthropic(name),
};
for (const [name, of] of Object.entries(providers)) {
  await check(`vercel ai, ${name}`, async () => {
    const answer = await generateText({ model: of(model), prompt: asked, maxOutputTokens: 24, maxRetries: 0 });
    assert.ok(answer.text);
    const stream = streamText({ model: of(model), prompt: asked, maxOutputTokens: 24, maxRetries: 0 });
    let text = "";
    for await (const piece of stream.textStream) text += piece;
    assert.ok(text);
    assert.ok((await stream.usage).outputTokens > 0);
  });
}

if (toolModel !== "-") {
  const weather = tool({
    description: "weather",
    inputSchema: z.object({ city: z.string() }),
    execute: async () => "18 degrees",
  });
  for (const [name, of] of Object.entries(providers)) {
    await check(`vercel ai tools, ${name}`, async () => {
      const answer = await generateText({
        model: of(toolModel),
        prompt: "Use get_weather for Paris.",
        tools: { get_weather: weather },
        maxOutputTokens: 100,
        maxRetries: 0,
      });
      assert.equal(answer.toolCalls[0]?.toolName, "get_weather");
    });
  }
}

console.log("failed:", failed.join(", ") || "none");
process.exit(failed.length > 0 ? 1 : 0);
