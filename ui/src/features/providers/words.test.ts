import { describe, expect, it } from "vitest";
import { whyNot } from "./words";

describe("why a provider cannot be asked", () => {
  it("says that a key was refused only when there was one to refuse", () => {
    expect(whyNot("auth", "present")).toBe("key refused");
    expect(whyNot("auth", "locked")).toBe("key locked");
    expect(whyNot("auth", "missing")).toBe("no key");
    expect(whyNot("auth", "noKeychain")).toBe("no key");
  });

  it("leaves all other reasons as they are, whatever the key", () => {
    expect(whyNot("timeout", "locked")).toBe("no answer");
    expect(whyNot("quota", "missing")).toBe("no credit");
  });
});
