import { Copy, WrapText } from "lucide-react";
import { memo, useState, type ReactNode } from "react";
import { IconButton } from "@/components/Button";
import { copy } from "@/components/copy";
import { highlight } from "@/lib/markdown/highlight";
import styles from "./Markdown.module.css";

type Props = { code: string; lang: string; caret?: ReactNode };

/** A block of code: it scrolls sideways, or wraps, and never widens its column. */
export const Code = memo(function Code({ code, lang, caret }: Props) {
  const [wrap, setWrap] = useState(false);
  return (
    <div className={styles.code}>
      <div className={styles.head}>
        <span className={styles.lang}>{lang.slice(0, 40)}</span>
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
        aria-label={lang ? `Code, ${lang.slice(0, 40)}` : "Code"}
        role="group"
      >
        {highlight(code, lang).map(({ kind, text }, i) =>
          kind ? (
            <span key={i} data-k={kind}>
              {text}
            </span>
          ) : (
            text
          ),
        )}
        {caret}
      </pre>
    </div>
  );
});
