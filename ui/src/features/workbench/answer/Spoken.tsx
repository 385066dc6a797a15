import { useEffect, useRef, useState } from "react";
import type { Growing } from "@/lib/markdown/growing";

type Props = { text: Growing; live: boolean; name: string; state: string };

/** Reads out finished sentences, not tokens, and how it ended. */
export function Spoken({ text, live, name, state }: Props) {
  const [said, setSaid] = useState("");
  // What was heard and not yet read out: only what was added is looked at.
  const heard = useRef<{ text: Growing | null; rest: string }>({ text: null, rest: "" });
  useEffect(() => {
    const { text: before, rest } = heard.current;
    if (!live) {
      if (before) setSaid(`${name}: ${state}`);
      heard.current = { text: null, rest: "" };
      return;
    }
    const added = before ? text.since(before) : null;
    // A long pause without a sentence's end is cut: nobody listens to a program.
    const unread = (added === null ? String(text) : rest + added).slice(-2_000);
    const end = Math.max(...[". ", ".\n", "? ", "! ", "。"].map((mark) => unread.lastIndexOf(mark)));
    if (end >= 0) setSaid(unread.slice(0, end + 1).trim());
    heard.current = { text, rest: end >= 0 ? unread.slice(end + 1) : unread };
  }, [text, live, name, state]);
  return (
    <div className="srOnly" aria-live="polite">
      {said}
    </div>
  );
}
