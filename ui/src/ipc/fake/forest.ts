/** A tree as large as they come, whatever conversation is asked for: `?forest=50000`. Its nodes say next to nothing. */
import type { TreeOverview } from "../bindings";
import type { Ipc } from "../index";

const models = [
  "anthropic/claude-sonnet-4.6",
  "openai/gpt-5.4",
  "gemini/gemini-3.5-flash",
  "openrouter/meta-llama/llama-3.3-70b-instruct:free",
  "ollama/qwen3:4b",
  "simulated/steady",
];
const said = [
  "How should a client retry a POST that may have landed?",
  "Same, but in Go",
  "Make it a checklist",
  "هل يمكن إعادة المحاولة بأمان؟",
  "What does the header say?",
];
const answered = [
  "Use exponential backoff with full jitter and a deadline",
  "Only what is safe to repeat",
  "Four things go wrong",
  "Stripe’s idempotency keys are the model to follow",
  "Two clocks here: yours and theirs",
];

export function forest(later: <T>(value: () => T) => Promise<T>): Pick<Ipc, "treeOverview"> | undefined {
  const wanted = Number(new URLSearchParams(globalThis.location?.search ?? "").get("forest") ?? 0);
  return wanted > 0 ? { treeOverview: () => later(() => grown(wanted)) } : undefined;
}

/** Long lines with several answers a turn, some of which are gone on with too. */
function grown(size: number): TreeOverview {
  let state = 7;
  const chance = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const parents = [-1];
  const depth = [0];
  let main = 0;
  while (parents.length < size) {
    const i = parents.length;
    const back = chance() < 0.85 ? main : Math.floor(chance() * i);
    // An answer is asked under a prompt, a prompt under an answer.
    parents.push(back);
    depth.push((depth[back] ?? 0) + 1);
    if (chance() < 0.45) main = i;
  }
  const answer = (i: number) => (depth[i] ?? 0) % 2 === 1;
  const path = new Set<number>();
  for (let i = main; i >= 0; i = parents[i] ?? -1) path.add(i);
  const kids = parents.flatMap((parent, i) => (parent === 0 ? [i] : []));
  const tip = (i: number) => Math.max(0, Math.min(size - 1, Math.floor(i)));
  const branch = (name: string, at: number, head = false): TreeOverview["branches"][number] => ({
    id: `forest-${name}`,
    name,
    kind: head ? "main" : "named",
    tip: tip(at),
    head,
    shown: head,
  });
  return {
    total: size,
    first: 0,
    ids: parents.map((_, i) => i.toString(16).padStart(32, "0")).join(""),
    parents,
    roles: parents.map((_, i) => (answer(i) ? 2 : 1)),
    statuses: parents.map((_, i) =>
      !answer(i) ? 1 : i % 37 === 5 ? 4 : i % 61 === 3 ? 3 : i % 89 === 7 ? 2 : 1,
    ),
    modelsOf: parents.map((_, i) => (answer(i) ? (i * 7) % models.length : -1)),
    flags: parents.map((_, i) => (i % 400 === 11 ? 2 : 0) + (path.has(i) ? 4 : 0)),
    times: parents.map((_, i) => 1_700_000_000 + i * 60),
    labels: parents.map((_, i) => `${i}. ${(answer(i) ? answered : said)[i % 5]}`.slice(0, 48)),
    models,
    merges: kids.length > 2 && kids[2] !== undefined ? [[kids[2], kids[0] ?? 0, kids[1] ?? 0]] : [],
    branches: [
      branch("main", main, true),
      branch("retry-after-header", size / 2),
      branch("checklist", size / 3),
    ],
  };
}
