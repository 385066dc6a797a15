import { Brain, ChevronRight, CornerDownRight, Wrench } from "lucide-react";
import { memo, useEffect, useState } from "react";
import { Code } from "@/components/markdown/Code";
import { LazyMarkdown } from "@/components/markdown/LazyMarkdown";
import { count, duration } from "@/lib/figures";
import type { LivePart } from "../fold";
import styles from "./answer.module.css";
import { MediaView } from "./MediaView";
import { useFold } from "./reveal";
import { toolCode } from "./toolCode";

type Props = {
  part: LivePart;
  /** It is the one that is being written. */
  live: boolean;
  /** Which part of which answer. */
  id: string;
  /** Reasoning tokens of the whole answer. */
  tokens: number | null;
};

/** Parts that are whole do not render again while the last one grows. */
export const PartView = memo(function PartView({ part, live, id, tokens }: Props) {
  const caret = live ? <i className={styles.caret} /> : undefined;
  switch (part.kind) {
    case "text":
      return <LazyMarkdown source={part.text} finished={!live} caret={caret} />;
    case "reasoning":
      return <Reasoning part={part} live={live} id={id} tokens={tokens} />;
    case "toolCall":
    case "toolResult":
      return <Tool part={part} live={live} id={id} />;
    case "media":
      return <MediaView part={part} />;
  }
});

/** How long the models of this session thought; a stored answer does not say. */
const thought = new Map<string, number>();
const MOST_KNOWN = 200;

function Reasoning({ part, live, id, tokens }: Props) {
  const [open, setOpen] = useFold(id, () => false);
  // Of what was found half-way nobody knows when it began.
  const [since] = useState(() => (live && part.text.length < 200 ? performance.now() : null));
  const [took, setTook] = useState(() => thought.get(id) ?? null);
  useEffect(() => {
    if (live || since === null || thought.has(id)) return;
    const ms = performance.now() - since;
    const [oldest] = thought.keys();
    if (thought.size >= MOST_KNOWN && oldest !== undefined) thought.delete(oldest);
    thought.set(id, ms);
    setTook(ms);
  }, [live, since, id]);
  return (
    <div className={styles.reasoned}>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <ChevronRight size={12} />
        <Brain size={12} />
        {live ? "Reasoning" : took === null ? "Reasoned" : `Reasoned for ${duration(took)}`}
        {!live && tokens !== null && tokens > 0 && <span className={styles.quiet}>{count(tokens)} tok</span>}
        {live && <i className={styles.caret} />}
      </button>
      {open && (
        <div className={styles.reasoning}>
          {part.text.length > 0 ? (
            <LazyMarkdown source={part.text} finished={!live} />
          ) : (
            "The provider keeps the words to itself."
          )}
        </div>
      )}
    </div>
  );
}

/** Longer ones begin folded. */
const FOLD_AT = 1_200;

function Tool({ part, live, id }: Omit<Props, "tokens">) {
  const result = part.kind === "toolResult";
  const [open, setOpen] = useFold(id, () => part.text.length < FOLD_AT);
  return (
    <div className={styles.tool} data-failed={part.failed || undefined}>
      <button type="button" className={styles.toolName} aria-expanded={open} onClick={() => setOpen(!open)}>
        <ChevronRight size={12} />
        {result ? <CornerDownRight size={12} /> : <Wrench size={12} />}
        <bdi>{part.label}</bdi>
        <span className={styles.quiet}>
          {result ? (part.failed ? "failed" : "result") : live ? "writing its arguments" : "call"}
        </span>
      </button>
      {open && <Code {...toolCode(part, live)} caret={live ? <i className={styles.caret} /> : undefined} />}
    </div>
  );
}
