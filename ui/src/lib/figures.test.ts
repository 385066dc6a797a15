import { expect, test } from "vitest";
import {
  cost,
  duration,
  firstToken,
  price,
  rate,
  seconds,
  shortCount,
  tokensIn,
  tokensOut,
  usd,
} from "./figures";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const none = { input: null, output: null, cachedRead: null, cachedWrite: null, reasoning: null };

test("an unknown cost is not free, and an estimated one says so", () => {
  expect(cost(null)).toBe("unknown");
  expect(cost({ usd: "0", estimated: false })).toBe("free");
  expect(cost({ usd: "0.0013", estimated: false })).toBe("$0.0013");
  expect(plain(cost({ usd: "0.0021", estimated: true }))).toBe("≈ $0.0021");
});

test("a small amount never shows as zero", () => {
  expect(usd("0.000000001")).toBe("$0.000000001");
  expect(usd("0.000013")).toBe("$0.000013");
  expect(usd("0.0117")).toBe("$0.0117");
  expect(usd("12.5")).toBe("$12.50");
});

test("times carry their unit and no more digits than they deserve", () => {
  expect(plain(duration(410))).toBe("0.41 s");
  expect(plain(duration(6_900))).toBe("6.9 s");
  expect(plain(duration(124_000))).toBe("2 min 4 s");
  expect(plain(seconds(6_900))).toBe("6 s");
  expect(plain(seconds(124_000))).toBe("2 min 4 s");
  expect(plain(firstToken(3_020))).toBe("3.02 s");
});

test("a rate counts from the first token, and from the request when the answer came whole", () => {
  expect(rate(92, { ttftMs: 400 }, 1_400)).toBe(92);
  expect(rate(100, { ttftMs: 2_000 }, 2_000)).toBe(50);
  expect(rate(0, { ttftMs: null }, 1_000)).toBeNull();
});

test("token counts name their buckets and leave out what nobody counted", () => {
  expect(tokensIn({ ...none, input: 1284, cachedRead: 1024 })).toBe("1,284 in, 1,024 cached");
  expect(tokensOut({ ...none, output: 186, reasoning: 412 })).toBe("412 reasoning, 186 out");
  expect(tokensIn(none)).toBe("");
});

test("prices and windows are short", () => {
  expect(price({ ...none, input: "3", output: "15" } as never)).toBe("$3 / $15");
  expect(price({ ...none } as never)).toBe("price unknown");
  expect(shortCount(1_048_576)).toBe("1M");
  expect(shortCount(131_072)).toBe("131k");
});
