import { expect, test } from "vitest";
import { fileSize, isBinary, refusal, typeOf } from "./attachments";

test("what no model reads is refused before it is read", () => {
  const file = (name: string, type: string, size = 100) => refusal({ name, type, size });
  expect(file("a.txt", "text/plain")).toBeNull();
  expect(file("main.rs", "")).toBeNull();
  expect(file("index.ts", "video/mp2t")).toBeNull();
  expect(file("a.pdf", "application/pdf")).toBeNull();
  expect(file("a.png", "image/png")).toBeNull();
  expect(file("a.txt", "text/plain", 0)).toMatch(/empty/);
  expect(file("a.log", "text/plain", 40 * 1024 * 1024)).toMatch(/at most/);
  expect(file("a.mp4", "video/mp4")).toMatch(/videos/);
  expect(file("a.heic", "image/heic")).toMatch(/PNG or JPEG/);
  expect(file("a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")).toMatch(
    /text, PDF and pictures/,
  );
});

test("the name tells what the system does not know", () => {
  expect(typeOf({ name: "a.MD", type: "" })).toBe("text/markdown");
  expect(typeOf({ name: "a.unknown", type: "application/octet-stream" })).toBeNull();
});

test("a zero byte tells a program from a text, in whichever encoding", () => {
  expect(isBinary(new TextEncoder().encode("Grüße").slice(0, 3))).toBe(false);
  expect(isBinary(new Uint8Array([0x47, 0x72, 0xfc, 0xdf]))).toBe(false);
  expect(isBinary(new Uint8Array([0xff, 0xfe, 0x41, 0x00]))).toBe(false);
  expect(isBinary(new Uint8Array([0x50, 0x4b, 0x03, 0x04, 0x00]))).toBe(true);
});

test("sizes have a unit", () => {
  const plain = (n: number) => fileSize(n).replace("\u00a0", " ");
  expect([812, 14_200, 999_999, 3_200_000].map(plain)).toEqual(["812 B", "14 KB", "1.0 MB", "3.2 MB"]);
});
