import { expect, test } from "vitest";
import { badHeaders, badUrl, idFor } from "./edit";

test("an id is made of what the user calls it, and is always free", () => {
  expect(idFor("Workshop GPU", [])).toBe("workshop-gpu");
  expect(idFor("Workshop GPU", ["workshop-gpu", "workshop-gpu-2"])).toBe("workshop-gpu-3");
  expect(idFor("Büro", [])).toBe("buro");
  expect(idFor("自分の", [])).toBe("provider");
  expect(idFor("auto", [])).toBe("provider");
});

test("an address carries no key, and nothing that calls could not begin with", () => {
  expect(badUrl("https://host.test/v1")).toBeNull();
  expect(badUrl("http://127.0.0.1:8000")).toBeNull();
  expect(badUrl("https://me:secret@host.test/v1")).toContain("No key");
  expect(badUrl("https://host.test/v1?key=1")).toContain("?");
  expect(badUrl("ftp://host.test")).toContain("http");
  expect(badUrl("host")).toContain("no whole address");
});

test("no header carries a key into config.toml", () => {
  expect(badHeaders([["anthropic-beta", "context-1m"]])).toBeNull();
  expect(badHeaders([["Authorization", "Bearer x"]])).toContain("key");
  expect(badHeaders([["x-api-key", "x"]])).toContain("key");
  expect(badHeaders([["a b", "x"]])).toContain("no name");
  expect(badHeaders([["", ""]])).toBeNull();
});
