/** How a call stands, in a word. */
import { Check, CircleDot, CircleX, CornerDownRight, Square, ZapOff } from "lucide-react";
import { State } from "@/components/Badge";
import type { TrafficCall } from "@/ipc";
import { count, figures } from "@/lib/figures";
import { counted } from "@/lib/sizes";

type Tone = "ok" | "warn" | "danger" | "info" | "plain";

/** `200`, `3 tries`, `503`, `live`, `stopped`. */
export function outcome(call: TrafficCall): { tone: Tone; text: string; says: string } {
  const { state, status, attempts, cached } = call;
  switch (state.state) {
    case "queued":
    case "streaming":
      return { tone: "info", text: "live", says: "under way" };
    case "complete":
      if (cached === "hit") return { tone: "ok", text: "cached", says: "answered from the cache" };
      if (cached === "offline")
        return { tone: "warn", text: "offline", says: "nobody answered: an answer from the cache was given" };
      return attempts > 1
        ? { tone: "warn", text: `${attempts} tries`, says: `answered by attempt ${attempts}` }
        : { tone: "ok", text: String(status ?? 200), says: "answered" };
    case "failed":
      return { tone: "danger", text: String(status ?? "failed"), says: `failed: ${state.error.message}` };
    case "stopped":
      return { tone: "plain", text: "stopped", says: "its caller went away" };
    case "interrupted":
      return { tone: "warn", text: "cut", says: "interrupted: Orchesity ended during it" };
  }
}

const icons = {
  ok: Check,
  danger: CircleX,
  info: CircleDot,
  plain: Square,
};

export function Outcome({ call, long }: { call: TrafficCall; long?: boolean }) {
  const { tone, text, says } = outcome(call);
  const Icon = tone === "warn" ? (call.attempts > 1 ? CornerDownRight : ZapOff) : icons[tone];
  return (
    <State tone={tone} icon={<Icon size={12} />}>
      {long ? says : text}
    </State>
  );
}

/** What it asked for; `null` where that was not read, since the call was turned away. */
export const askedFor = ({ requested }: TrafficCall): string | null =>
  requested === "?/?" ? null : requested;

/** What came from a cache: the answer from our own, or that much of the prompt from the provider's. */
export function cachedOf({ cached, metrics }: TrafficCall): { text: string; says: string } | null {
  const { cachedRead } = figures(metrics).usage;
  switch (cached) {
    case "hit":
      return { text: "answer", says: "the answer, from our own cache" };
    case "offline":
      return { text: "answer", says: "the answer, from our own cache since nobody else gave one" };
    case null:
      if (!cachedRead) return null;
      return {
        text: count(cachedRead),
        says: `${counted(cachedRead, "token")} of the prompt, from the provider’s cache`,
      };
  }
}

/** All tokens of a call; `null` where nobody counted. */
export function tokensOf({ metrics }: TrafficCall): number | null {
  const counts = Object.values(metrics.usage).filter((n): n is number => n !== null && n !== undefined);
  return counts.length > 0 ? counts.reduce((sum, n) => sum + n, 0) : null;
}

/** `10:04:12`, with the day where that is another. */
export function clock(at: string, now = Date.now()): string {
  const when = new Date(at);
  const time = when.toLocaleTimeString("en-GB");
  if (when.toDateString() === new Date(now).toDateString()) return time;
  return `${when.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${time.slice(0, 5)}`;
}
