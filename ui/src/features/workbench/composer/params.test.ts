import { expect, test } from "vitest";
import type { Params } from "@/ipc";
import { askedIn, badges, differences, emptyForm, formOf } from "./params";

const all: Params = {
  temperature: 0.2,
  topP: 0.9,
  maxTokens: 4096,
  stop: ["END", "a\nb", "c\\d"],
  seed: 7,
  reasoningEffort: "high",
  responseFormat: { type: "jsonSchema", name: "answer", schema: '{"type":"object"}', strict: false },
  webSearch: true,
  extra: '{"top_k": 40}',
  oneShot: true,
};

test("parameters come out of the form as they went in, those that it does not show included", () => {
  for (const asked of [
    { params: all, system: "be brief" },
    { params: {}, system: null },
    { params: {}, system: "" },
  ])
    expect(askedIn(formOf(asked), asked.params)).toEqual({ asked, problems: {} });
});

test("what cannot be sent is refused with words", () => {
  const bad = {
    ...emptyForm,
    temperature: "2.1",
    topP: "much",
    maxTokens: "0",
    seed: "1.5",
    format: "jsonSchema" as const,
    schemaName: "my answer",
    schema: '{\n"type": }',
    extra: "[1]",
  };
  const { problems } = askedIn(bad, {});
  expect(problems).toMatchObject({
    temperature: "a number from 0 to 2",
    topP: "a number from 0 to 1",
    maxTokens: "a whole number from 1 to 10,000,000",
    seed: "a whole number from 0 to 4,294,967,295",
  });
  expect(problems.schema).toBe("not JSON: Unexpected token '}'");
  expect(problems.schemaName).toMatch(/letters, digits/);
  expect(problems.extra).toMatch(/^a JSON object/);
});

test("a decimal comma is understood", () => {
  expect(askedIn({ ...emptyForm, temperature: "0,7" }, {}).asked.params.temperature).toBe(0.7);
});

test("what columns share is said once, what differs is said of each", () => {
  const { common, own } = differences([
    { params: { temperature: 0.2, seed: 1 }, system: null },
    { params: { temperature: 0.9, seed: 1 }, system: "" },
    { params: { seed: 1, reasoningEffort: "high" }, system: "x" },
  ]);
  const labels = (list: typeof common) => list.map(({ label }) => label);
  expect(labels(common)).toEqual(["seed 1"]);
  expect(own.map(labels)).toEqual([["temp 0.2"], ["no system", "temp 0.9"], ["system", "high"]]);
  expect(badges({ params: all, system: null }).map(({ label }) => label)).toEqual([
    "temp 0.2",
    "top-p 0.9",
    "max 4,096",
    "high",
    "stop",
    "seed 7",
    "answer",
    "web",
    "extra",
  ]);
});
