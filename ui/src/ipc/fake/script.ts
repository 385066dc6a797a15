/** What a made-up model says, and when: a pure function of the question, so that every run is the same. */
import type { CompletionState, Failure, PartKind, Target, Usage } from "../bindings";

export type Said = { part: number; kind: PartKind; label: string; text: string };
export type Step = { ms: number } & (
  { attempt: number } | { said: Said } | { end: CompletionState; usage: Usage }
);
export type Script = { steps: Step[]; attempts: number };

type Manner = {
  tps: number;
  ttft: number;
  length: number;
  fail: Failure | null;
  reasons: boolean;
  tool: boolean;
  attempts: number;
};

const manners: Record<string, Partial<Manner>> = {
  steady: {},
  fast: { tps: 220, ttft: 110 },
  slow: { tps: 9, ttft: 2600 },
  flaky: { attempts: 2 },
  reasoning: { reasons: true, ttft: 500, tps: 80 },
  tools: { tool: true },
  limited: {
    fail: {
      kind: "rate_limited",
      message: "OpenRouter refused 3 attempts. Free models allow 20 requests a minute.",
      retryAfterMs: 38_000,
    },
    attempts: 3,
  },
};

export function script(target: Target, prompt: string, from = ""): Script {
  const manner = mannerOf(target);
  const [, command, rest = ""] = /^\/(echo|fail|tool|image|long)\s+([\s\S]*)$/.exec(prompt) ?? [];
  if (command === "fail") {
    const [kind = "upstream", ...words] = rest.split(" ");
    manner.fail = { kind: kind as Failure["kind"], message: words.join(" "), retryAfterMs: null };
  }
  const steps: Step[] = [];
  let ms = 0;
  for (let attempt = 1; attempt <= manner.attempts; attempt++) {
    steps.push({ ms, attempt });
    ms += attempt < manner.attempts ? 700 : manner.ttft;
  }
  const input = 24 + Math.ceil(prompt.length / 4);
  const nothing = { input: null, output: null, cachedRead: null, cachedWrite: null, reasoning: null };
  if (manner.fail) {
    steps.push({ ms, end: { state: "failed", error: manner.fail }, usage: nothing });
    return { steps, attempts: manner.attempts };
  }
  let part = 0;
  const say = (kind: PartKind, label: string, text: string) => {
    const pieces = text.match(/[\s\S]{1,5}/gu) ?? [];
    for (const piece of pieces) {
      steps.push({ ms: Math.round(ms), said: { part, kind, label, text: piece } });
      ms += 1000 / manner.tps;
    }
    part += 1;
    return pieces.length;
  };
  const reasoning = manner.reasons ? say("reasoning", "", thought) : null;
  let output = 0;
  if (manner.tool || command === "tool") {
    const [name = "", ...json] =
      command === "tool" ? rest.split(" ") : ["read_file", '{"path": "src/retry.rs", "lines": [1, 80]}'];
    say("text", "", "The file says how it is done now.");
    output += say("toolCall", name, json.join(" "));
  }
  if (command === "image")
    steps.push({ ms, said: { part: part++, kind: "media", label: "image/png", text: "" } });
  const answer =
    command === "echo" || command === "image"
      ? rest
      : command === "long"
        ? program(Number(rest))
        : answers[(target.length + target.charCodeAt(target.length - 1)) % answers.length];
  if (command !== "tool") output += say("text", "", (answer ?? "").slice(from.length, manner.length));
  steps.push({
    ms: Math.round(ms),
    end: { state: "complete", stop: manner.tool ? "toolCalls" : "stop" },
    usage: { input, output, cachedRead: hash(target) % 2 ? 1024 : null, cachedWrite: null, reasoning },
  });
  return { steps, attempts: manner.attempts };
}

/** A program of so many lines in one block. */
function program(lines: number): string {
  const line = (i: number) =>
    i % 9 === 8 ? "" : `${" ".repeat((i % 4) * 2)}let value_${i} = compute(${i}, "step ${i}"); // line ${i}`;
  return `\`\`\`rust\n${Array.from({ length: lines }, (_, i) => line(i)).join("\n")}\n\`\`\`\n`;
}

/** `simulated/steady?tps=50&ttft=300&len=200&fail=1:429` */
function mannerOf(target: Target): Manner {
  const [path = "", query = ""] = target.split("?");
  const name = path.slice(path.indexOf("/") + 1);
  const manner: Manner = {
    tps: 50 + (hash(path) % 4) * 12,
    ttft: 250 + (hash(path) % 5) * 90,
    length: 20_000,
    fail: null,
    reasons: false,
    tool: false,
    attempts: 1,
    ...manners[name],
  };
  const asked = new URLSearchParams(query);
  manner.tps = Number(asked.get("tps") ?? manner.tps);
  manner.ttft = Number(asked.get("ttft") ?? manner.ttft);
  manner.length = asked.has("len") ? Number(asked.get("len")) * 5 : manner.length;
  if (asked.get("fail")?.startsWith("1:"))
    manner.fail = { kind: "overloaded", message: "the provider has no capacity now", retryAfterMs: null };
  return manner;
}

/** FNV-1a: stable across runs and machines. */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

const thought =
  "Two clocks matter: the server's `Retry-After` and the caller's own deadline. Obey the first until it breaks the second. " +
  "A client-wide limit would let one slow tenant use up the retries of all others, so the budget belongs to the request.";

const answers = [
  `Retry what is **safe to repeat**, wait as long as asked, stop before your deadline.

\`\`\`rust
fn delay(n: u32, after: Option<Duration>) -> Duration {
  if let Some(d) = after {
    return d.min(CAP);
  }
  let top = BASE * 2u32.pow(n);
  // full jitter: 0..=top
  rng().random_range(ZERO..=top)
}
\`\`\`

| Attempt | Ceiling | Mean wait |
| --- | ---: | ---: |
| 1 | 100 ms | 50 ms |
| 2 | 200 ms | 100 ms |
| 3 | 400 ms | 200 ms |

1. 429 and 503 with \`Retry-After\`: wait exactly that, capped.
2. Without it: exponential, full jitter, base 100 ms.
3. Never retry once a byte of the answer was shown.

With three attempts the mean wait is 350 ms, so a 2 s budget leaves 1.6 s for the work. For Arabic users, right to left:

الخدمة مشغولة. سنعيد المحاولة خلال 8 ثوانٍ (HTTP 503).

## Where it belongs

Put the budget on the *request*, not on the client. See [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#name-retry-after) for what the header promises.
`,
  `There are two clocks here: the server’s \`Retry-After\` and your own SLO. The rule is to obey the first until it breaks the second.

- **Retry-After ≤ remaining budget:** sleep for that long, then try once more.
- **Longer than the budget:** fail now with the wait in the error, so that the caller can decide.
- **No header:** decorrelated jitter, \`min(cap, rand(base, prev × 3))\`.

The message for Arabic users, with the seconds filled in:

الخدمة مشغولة الآن. سنعيد المحاولة خلال 8 ثوانٍ.

Put the budget on the request, not on the client. A client-wide limit lets one slow tenant use the retries of everybody else.

> A retry is a second request. Count it as one when you size the upstream.
`,
  `Three rules cover almost every client.

### 1. Only what is idempotent

GET, PUT and DELETE may be sent again. A POST needs an \`Idempotency-Key\`, or the order is placed twice.

### 2. Back off with jitter

\`\`\`python
def delay(attempt: int, retry_after: float | None) -> float:
    if retry_after is not None:
        return min(retry_after, CAP)
    return random.uniform(0, BASE * 2 ** attempt)
\`\`\`

### 3. Have a budget

Stop when the next wait would end after the deadline. Report the wait in the error, so that the caller can decide what to do with it.

- [x] base 100 ms, cap 10 s
- [x] at most three attempts
- [ ] a breaker for each upstream
`,
];
