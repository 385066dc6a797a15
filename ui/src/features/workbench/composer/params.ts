/** Parameters of columns: what differs between them, and their form as people type it. Pure. */
import type { Model, Params, ReasoningEffort } from "@/ipc";
import { count } from "@/lib/figures";

export const efforts: readonly ReasoningEffort[] = ["none", "minimal", "low", "medium", "high", "xhigh"];
export const effortNames: Record<ReasoningEffort, string> = {
  none: "none",
  minimal: "minimal",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "highest",
};

export type Asked = { params: Params; system: string | null };

/** One parameter that is set, in a word or two. */
export type Badge = { key: keyof Params | "system"; label: string };

export function badges({ params, system }: Asked): Badge[] {
  const all: Badge[] = [];
  const add = (key: Badge["key"], label: string) => all.push({ key, label });
  if (system !== null) add("system", system ? "system" : "no system");
  if (params.temperature != null) add("temperature", `temp ${params.temperature}`);
  if (params.topP != null) add("topP", `top-p ${params.topP}`);
  if (params.maxTokens != null) add("maxTokens", `max ${count(params.maxTokens)}`);
  if (params.reasoningEffort) add("reasoningEffort", effortNames[params.reasoningEffort]);
  if (params.stop?.length) add("stop", "stop");
  if (params.seed != null) add("seed", `seed ${params.seed}`);
  if (params.responseFormat)
    add("responseFormat", params.responseFormat.type === "jsonObject" ? "JSON" : params.responseFormat.name);
  if (params.webSearch) add("webSearch", "web");
  if (params.extra) add("extra", "extra");
  return all;
}

/** What all columns have, and of each what it does not share. */
export function differences(columns: readonly Asked[]): { common: Badge[]; own: Badge[][] } {
  const values = columns.map(valuesOf);
  const shared = (key: Badge["key"]) => values.every((value) => value[key] === values[0]?.[key]);
  const all = columns.map(badges);
  return {
    common: (all[0] ?? []).filter(({ key }) => shared(key)),
    own: all.map((mine) => mine.filter(({ key }) => !shared(key))),
  };
}

const valuesOf = ({ params, system }: Asked): Partial<Record<Badge["key"], string>> =>
  Object.fromEntries([
    ...Object.entries(params).map(([key, value]) => [key, JSON.stringify(value ?? null)] as const),
    ["system", JSON.stringify(system)] as const,
  ]);

/** The form of a column: everything as typed. */
export type Form = {
  temperature: string;
  topP: string;
  maxTokens: string;
  /** One on each line. */
  stop: string;
  seed: string;
  reasoningEffort: ReasoningEffort | "";
  format: "" | "jsonObject" | "jsonSchema";
  schemaName: string;
  schema: string;
  strict: boolean;
  webSearch: boolean;
  extra: string;
  ownSystem: boolean;
  system: string;
};

export type Field = keyof Form;
export type Problems = Partial<Record<Field, string>>;

export const emptyForm: Form = {
  temperature: "",
  topP: "",
  maxTokens: "",
  stop: "",
  seed: "",
  reasoningEffort: "",
  format: "",
  schemaName: "answer",
  schema: "",
  strict: true,
  webSearch: false,
  extra: "",
  ownSystem: false,
  system: "",
};

export function formOf({ params, system }: Asked): Form {
  const number = (value: number | null | undefined) => (value == null ? "" : String(value));
  const format = params.responseFormat;
  return {
    ...emptyForm,
    temperature: number(params.temperature),
    topP: number(params.topP),
    maxTokens: number(params.maxTokens),
    stop: (params.stop ?? []).map(written).join("\n"),
    seed: number(params.seed),
    reasoningEffort: params.reasoningEffort ?? "",
    format: format?.type ?? "",
    ...(format?.type === "jsonSchema" && {
      schemaName: format.name,
      schema: format.schema,
      strict: format.strict,
    }),
    webSearch: params.webSearch ?? false,
    extra: params.extra ?? "",
    ownSystem: system !== null,
    system: system ?? "",
  };
}

/** What the form says, and what of it cannot be sent. Parameters that the form does not show stay. */
export function askedIn(form: Form, before: Params): { asked: Asked; problems: Problems } {
  const problems: Problems = {};
  const number = (field: Field, low: number, high: number, whole: boolean): number | null => {
    const text = String(form[field]).trim().replace(",", ".");
    if (!text) return null;
    const value = Number(text);
    if (!Number.isFinite(value) || value < low || value > high || (whole && !Number.isInteger(value))) {
      problems[field] = whole
        ? `a whole number from ${count(low)} to ${count(high)}`
        : `a number from ${low} to ${high}`;
      return null;
    }
    return value;
  };
  const temperature = number("temperature", 0, 2, false);
  const topP = number("topP", 0, 1, false);
  const maxTokens = number("maxTokens", 1, 10_000_000, true);
  const seed = number("seed", 0, 4_294_967_295, true);
  const stop = form.stop
    .split("\n")
    .filter((line) => line !== "")
    .map(read);
  if (stop.length > 16) problems.stop = "at most 16 lines";
  const schema = form.format === "jsonSchema" ? object(form.schema, "schema") : null;
  if (schema?.problem) problems.schema = schema.problem;
  if (form.format === "jsonSchema" && !/^[A-Za-z0-9_-]{1,64}$/.test(form.schemaName))
    problems.schemaName = "1 to 64 letters, digits, `_` or `-`";
  const extra = form.extra.trim() ? object(form.extra, "object") : null;
  if (extra?.problem) problems.extra = extra.problem;

  const { tools, toolChoice, oneShot } = before;
  const params: Params = {
    ...(tools && { tools }),
    ...(toolChoice && { toolChoice }),
    ...(oneShot && { oneShot }),
    ...(temperature !== null && { temperature }),
    ...(topP !== null && { topP }),
    ...(maxTokens !== null && { maxTokens }),
    ...(seed !== null && { seed }),
    ...(stop.length > 0 && { stop }),
    ...(form.reasoningEffort && { reasoningEffort: form.reasoningEffort }),
    ...(form.format === "jsonObject" && { responseFormat: { type: "jsonObject" } }),
    ...(form.format === "jsonSchema" && {
      responseFormat: {
        type: "jsonSchema",
        name: form.schemaName,
        schema: form.schema.trim(),
        strict: form.strict,
      },
    }),
    ...(form.webSearch && { webSearch: true }),
    ...(form.extra.trim() && { extra: form.extra.trim() }),
  };
  return { asked: { params, system: form.ownSystem ? form.system : null }, problems };
}

/** What fits the rules but not this model. */
export function advice(form: Form, model: Model | undefined): Problems {
  const limit = model?.outputLimit ?? null;
  const most = Number(form.maxTokens);
  return {
    ...(limit !== null && most > limit && { maxTokens: `this model writes at most ${count(limit)}` }),
    ...(form.format === "jsonSchema" &&
      model?.capabilities.json === false && { format: "this model is not known to follow a schema" }),
    ...(form.reasoningEffort &&
      form.reasoningEffort !== "none" &&
      model?.capabilities.reasoning === false && { reasoningEffort: "this model does not reason" }),
  };
}

/** A line break inside a stop text is written `\n`. */
const written = (text: string) =>
  text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
const read = (line: string) =>
  line.replace(/\\([\\nt])/g, (_, c: string) => ({ n: "\n", t: "\t" })[c] ?? "\\");

function object(text: string, what: "schema" | "object"): { problem: string | null } {
  if (!text.trim())
    return { problem: what === "schema" ? "write a JSON schema, or choose “any JSON”" : "a JSON object" };
  try {
    const value: unknown = JSON.parse(text);
    const fits = typeof value === "object" && value !== null && !Array.isArray(value);
    return {
      problem: fits
        ? null
        : `a JSON object, as in ${what === "schema" ? '{"type": "object"}' : '{"top_k": 40}'}`,
    };
  } catch (error) {
    return { problem: `not JSON: ${met(error instanceof Error ? error.message : String(error))}` };
  }
}

/** Browsers put the whole text into their message, or not; what they met is enough. */
function met(message: string): string {
  return message
    .replace(/^JSON(\.parse| Parse error): /i, "")
    .replace(/,? (\.\.\.)?"[\s\S]*is not valid JSON$/, "")
    .slice(0, 120);
}
