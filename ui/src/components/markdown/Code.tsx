import { Copy, WrapText } from "lucide-react";
import { memo, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { IconButton } from "@/components/Button";
import { copy } from "@/components/copy";
import { chunks, type Chunk, type Token } from "@/lib/markdown/tokens";
import { useHighlighter } from "./highlighter";
import styles from "./Markdown.module.css";
import { useSeen } from "./visible";

type Props = { code: string; lang: string; caret?: ReactNode };

/** From this many chunks on, those that are not seen are not laid out. */
const MANY = 4;
const plain = new Set(["", "text", "txt", "plain", "plaintext", "output", "log", "mermaid"]);

/** A block of code: it scrolls sideways, or wraps, and never widens its column. */
export const Code = memo(function Code({ code, lang, caret }: Props) {
  const [wrap, setWrap] = useState(false);
  const last = useRef<readonly Chunk[]>([]);
  const parts = useMemo(() => chunks(last.current, code), [code]);
  useEffect(() => {
    last.current = parts;
  });
  const name = lang.slice(0, 40);
  const many = parts.length >= MANY;
  // Chunks that are not laid out have no width of their own: the longest line gives it to all.
  const columns = many ? parts.reduce((most, chunk) => Math.max(most, chunk.columns), 0) : 0;
  return (
    <div className={styles.code}>
      <div className={styles.head} data-aside>
        <span className={styles.lang}>{name}</span>
        <IconButton label="Wrap lines" aria-pressed={wrap} onClick={() => setWrap(!wrap)}>
          <WrapText size={14} />
        </IconButton>
        <IconButton label="Copy code" onClick={() => void copy(code)}>
          <Copy size={14} />
        </IconButton>
      </div>
      <pre
        data-wrap={wrap || undefined}
        tabIndex={0}
        aria-label={name ? `Code, ${name}` : "Code"}
        role="group"
      >
        <code style={many && !wrap ? { minWidth: `${columns}ch` } : undefined}>
          {parts.map((chunk, i) => (
            <Lines
              key={chunk.at}
              chunk={chunk}
              lang={lang}
              many={many}
              caret={i === parts.length - 1 ? caret : undefined}
            />
          ))}
        </code>
      </pre>
    </div>
  );
});

const LINE_PX = 20;

/** A chunk that did not change does not render again; one that was not seen yet has no colours. */
const Lines = memo(
  function Lines({
    chunk,
    lang,
    many,
    caret,
  }: {
    chunk: Chunk;
    lang: string;
    many: boolean;
    caret?: ReactNode;
  }) {
    const box = useRef<HTMLSpanElement>(null);
    const coloured = !plain.has(lang.toLowerCase());
    const seen = useSeen(box, !coloured);
    const highlight = useHighlighter(coloured && seen);
    // A line that is still being written gets its colours when it ends.
    const whole = caret === undefined ? chunk.text.length : chunk.text.lastIndexOf("\n") + 1;
    const text = chunk.text.slice(0, whole);
    const tokens = useMemo(
      () => (coloured && seen ? highlight?.(text, lang) : null) ?? [{ kind: null, text }],
      [highlight, coloured, seen, text, lang],
    );
    return (
      <span
        ref={box}
        className={styles.lines}
        style={
          many
            ? {
                contentVisibility: "auto",
                containIntrinsicBlockSize: `auto ${chunk.lines * LINE_PX}px`,
              }
            : undefined
        }
      >
        <Tokens tokens={tokens} />
        {chunk.text.slice(whole)}
        {caret}
      </span>
    );
  },
  (a, b) => a.chunk.text === b.chunk.text && a.lang === b.lang && a.many === b.many && a.caret === b.caret,
);

const Tokens = memo(function Tokens({ tokens }: { tokens: readonly Token[] }) {
  return tokens.map(({ kind, text }, i) =>
    kind ? (
      <span key={i} data-k={kind}>
        {text}
      </span>
    ) : (
      text
    ),
  );
});
