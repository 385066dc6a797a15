import { afterEach, expect, test, vi } from "vitest";
import type { ColumnView } from "@/ipc";
import { fake } from "@/ipc/fake";
import { Growing } from "@/lib/markdown/growing";
import { blocks, noBlocks, parsed } from "@/lib/markdown/blocks";
import { storedAnswer } from "../answer/answer";
import { turns } from "../turns";
import { drawnPlaces, rangesIn } from "./drawn";
import { hitsIn, Reader } from "./hits";
import { MOST, sameHit } from "./places";
import { LONGEST, pattern } from "./words";

afterEach(() => vi.useRealTimers());

/** A conversation of these prompts in which every answer repeats its prompt. */
async function said(prompts: string[], ...targets: string[]): Promise<ColumnView[]> {
  vi.useFakeTimers();
  const engine = fake({ scene: "fresh", storage: null });
  let conversation: string | null = null;
  let branches: (string | null)[] = targets.map(() => null);
  for (const text of prompts) {
    const started = await engine.startRun({
      conversation,
      parts: [{ type: "text", text: `/echo ${text}` }],
      columns: targets.map((target, i) => ({ branch: branches[i] ?? null, target })),
    });
    conversation = started.conversation;
    branches = started.columns.map((c) => c.branch);
    vi.advanceTimersByTime(60_000);
  }
  return (await engine.openConversation(conversation ?? "")).columns;
}

const found = (columns: ColumnView[], query: string, matchCase = false) => {
  const wanted = pattern(query, matchCase);
  return wanted ? hitsIn(turns(columns), (place) => storedAnswer(place.answer), wanted, new Reader()) : [];
};

test("words are found in every turn and column, prompts first, as they are read and not as they are marked", async () => {
  const columns = await said(
    ["a **re**try", "Retry once, retry twice"],
    "simulated/steady",
    "simulated/fast",
  );
  const hits = found(columns, "retry");
  expect(hits.map(({ place, nth }) => [place.depth, place.branch === null, place.part, nth])).toEqual([
    // "**re**try" is one word in the answers; in the prompt, which is shown as it was typed, it is not.
    [0, false, 0, 0],
    [0, false, 0, 0],
    [2, true, null, 0],
    [2, true, null, 1],
    [2, false, 0, 0],
    [2, false, 0, 1],
    [2, false, 0, 0],
    [2, false, 0, 1],
  ]);
  expect(found(columns, "Retry", true)).toHaveLength(3);
});

test("signs mean themselves, and white space is white space", () => {
  const all = (query: string, text: string) => [...text.matchAll(pattern(query, false) ?? /$^/g)].length;
  expect(all("a.b", "a.b axb")).toBe(1);
  expect(all("f(x) [1] {2} \\d | ^$ */-?+", "F(x)  [1]\n{2} \\d | ^$ */-?+")).toBe(1);
  expect(all("two words", "two\nwords, two   words, twowords")).toBe(2);
  expect(all("ÄRGER 😀", "ärger 😀")).toBe(1);
  expect(pattern("  \t", false)).toBeNull();
  expect(pattern("x".repeat(LONGEST * 2), false)?.source).toHaveLength(LONGEST);
});

test("there is an end to what is counted", async () => {
  const columns = await said(["e ".repeat(4_000)], "simulated/fast?tps=100000&ttft=1");
  expect(found(columns, "e")).toHaveLength(MOST);
});

test("text that grows is read from where it grew", () => {
  const reader = new Reader();
  let text = Growing.of("");
  for (let i = 0; i < 400; i++) text = text.add(`Paragraph ${i} has some words.\n\n`);
  reader.markdown("one", text, false);
  const before = parsed.characters;
  expect(reader.markdown("one", text.add("And one more."), false).at(-1)).toBe("And one more.");
  expect(parsed.characters - before).toBeLessThan(200);
});

test("stored answers are read once, however often they are searched", async () => {
  const all = turns(await said(["one word", "another word"], "simulated/steady"));
  const reader = new Reader();
  const look = (query: string) =>
    hitsIn(all, (place) => storedAnswer(place.answer), pattern(query, false) ?? /$^/g, reader);
  expect(look("word")).toHaveLength(4);
  const before = parsed.characters;
  expect(look("another")).toHaveLength(2);
  expect(parsed.characters).toBe(before);
});

test("the same hits are in what is drawn, whatever it is made of", () => {
  const markdown = "Some **bo**ld `bold` bo\nld\n\n- bold";
  document.body.innerHTML = `<div id="stage"><p data-said>bold</p><section data-branch="b">
    <div data-parts><div><p>Some <strong>bo</strong>ld <code>bold</code> bo<br>ld</p>
    <ul><li><span>bold</span><span data-aside>bold</span></li></ul><button aria-expanded="true">bold</button></div></div>
    </section></div>`;
  const stage = document.querySelector("#stage");
  const wanted = pattern("bold", false);
  if (!stage || !wanted) throw new Error("no stage");
  const places = drawnPlaces(stage, 0);
  const last = { place: { depth: 0, branch: "b", part: 0, folds: "" }, nth: 2 };
  const { all, current } = rangesIn(places, wanted, last);
  expect(all.map(String)).toEqual(["bold", "bold", "bold", "bold"]);
  expect(current?.startContainer.parentElement?.closest("li")).not.toBeNull();
  const { done, tail } = blocks(noBlocks, markdown, true);
  expect([...done, ...tail]).toHaveLength(2);
  expect(new Reader().markdown("b", Growing.of(markdown), true).join("|").match(/bold/g)).toHaveLength(3);
});

test("a hit stays itself while others come before it", async () => {
  const [a, b] = found(await said(["retry retry"], "simulated/steady"), "retry");
  if (!a || !b) throw new Error("no hits");
  expect(sameHit(a, { ...a, place: { ...a.place } })).toBe(true);
  expect(sameHit(a, b)).toBe(false);
});
