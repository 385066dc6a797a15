import { expect, test } from "vitest";
import type { Attachment, Part } from "@/ipc";
import { attachedFrom, draftFrom, joined, keptParts, noDraft, sentParts, type Draft } from "./draft";

const file = (name: string, mediaType: string, hash: string): Part => ({
  type: "file",
  mediaType,
  name,
  source: { kind: "blob", hash: hash.repeat(64), size: 300 },
});
const pdf: Attachment = {
  part: file("a.pdf", "application/pdf", "a"),
  text: file("a.pdf.txt", "text/plain", "b"),
  pages: 3,
  tokens: 90,
  warning: null,
};
const image: Attachment = {
  part: { type: "image", mediaType: "image/png", source: { kind: "blob", hash: "c".repeat(64), size: 70 } },
  text: null,
  pages: null,
  tokens: 1_100,
  warning: null,
};

const full: Draft = {
  text: "Read {{what}}",
  values: { what: "this" },
  attached: [attachedFrom("a.pdf", 300, pdf), attachedFrom("p99.png", 70, image)],
  queue: [
    {
      id: "q",
      text: "next",
      values: {},
      attached: [attachedFrom("b.pdf", 300, pdf)],
      places: [{ target: "simulated/steady", branch: "b1" }],
      problem: "why",
    },
  ],
};

test("a draft comes back from the store as it was, with its files, values and queue", () => {
  expect(draftFrom(keptParts(full))).toEqual(full);
});

test("every file of a draft is a part of it, so that the store keeps the bytes", () => {
  const hashes = keptParts(full).flatMap((part) =>
    (part.type === "file" || part.type === "image") && part.source.kind === "blob"
      ? [part.source.hash[0]]
      : [],
  );
  expect(hashes).toEqual(["a", "b", "c", "a", "b"]);
});

test("a plain text is kept as nothing but its text, and nothing as nothing", () => {
  expect(keptParts({ ...noDraft, text: "hello" })).toEqual([{ type: "text", text: "hello" }]);
  expect(keptParts(noDraft)).toEqual([]);
});

test("a draft that somebody else wrote is still a prompt", () => {
  const draft = draftFrom([
    { type: "text", text: "one" },
    pdf.part,
    { type: "raw", dialect: "simulated", json: "{broken" },
  ]);
  expect(draft.text).toBe("one");
  expect(draft.attached.map(({ name }) => name)).toEqual(["a.pdf"]);
});

test("what was typed before the draft arrived stays, after it", () => {
  expect(joined({ ...noDraft, text: "kept" }, { ...noDraft, text: "typed" }).text).toBe("kept\ntyped");
  expect(joined(full, noDraft)).toBe(full);
});

test("a PDF goes out as its text unless the file itself is wanted", () => {
  const types = (asText: boolean) =>
    sentParts({
      ...full,
      attached: full.attached.map((f) => ({ ...f, asText: asText && f.text !== null })),
    }).map((part) => (part.type === "text" ? part.text : "mediaType" in part ? part.mediaType : ""));
  expect(types(true)).toEqual(["Read this", "text/plain", "image/png"]);
  expect(types(false)).toEqual(["Read this", "application/pdf", "image/png"]);
});
