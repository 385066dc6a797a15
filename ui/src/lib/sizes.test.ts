import { expect, test } from "vitest";
import { counted, size } from "./sizes";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

test("sizes keep three figures at most, and their unit", () => {
  expect(plain(size(0))).toBe("0 KiB");
  expect(plain(size(512))).toBe("512 KiB");
  expect(plain(size(6_300))).toBe("6.2 MiB");
  expect(plain(size(300_000))).toBe("293 MiB");
  expect(plain(size(1_500_000))).toBe("1.4 GiB");
});

test("one is one, and everything else is many", () => {
  expect(plain(counted(1, "copy", "copies"))).toBe("1 copy");
  expect(plain(counted(0, "copy", "copies"))).toBe("0 copies");
  expect(plain(counted(1_204, "message"))).toBe("1,204 messages");
});
