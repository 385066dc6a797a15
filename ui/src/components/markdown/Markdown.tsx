import { memo, useEffect, useMemo, useRef, type ReactNode } from "react";
import { cx } from "@/lib/classes";
import { blocks, noBlocks, type Block, type Blocks } from "@/lib/markdown/blocks";
import type { Growing } from "@/lib/markdown/growing";
import { definitionsIn, DefinitionsOf, noDefinitions } from "./definitions";
import styles from "./Markdown.module.css";
import { render } from "./render";

type Props = {
  source: string | Growing;
  /** No more text will come. */
  finished: boolean;
  /** Stands right after the last character. */
  caret?: ReactNode;
};

/**
 * An answer's text. Markdown becomes React elements and nothing else: raw HTML is shown as the text it is, images
 * and links are buttons that show their address, so rendering asks the network for nothing.
 */
export const Markdown = memo(function Markdown({ source, finished, caret }: Props) {
  // What was parsed last time; only a render that was committed becomes the start of the next.
  const last = useRef<Blocks>(noBlocks);
  const now = blocks(last.current, source, finished);
  useEffect(() => {
    last.current = now;
  });
  const definitions = useMemo(
    () => (now.whole && now.defines ? definitionsIn(now.done) : noDefinitions),
    [now.whole, now.defines, now.done],
  );
  const tail = now.tail.length > 0 ? now.tail : now.done.slice(-1);
  const done = now.tail.length > 0 ? now.done : now.done.slice(0, -1);
  return (
    <DefinitionsOf value={definitions}>
      <div className={cx(styles.markdown, "markdown")}>
        {done.map((block) => (
          <FinishedBlock key={block.at} block={block} />
        ))}
        {tail.map((block, i) => (
          <FinishedBlock key={block.at} block={block} caret={i === tail.length - 1 ? caret : undefined} />
        ))}
        {tail.length === 0 && caret}
      </div>
    </DefinitionsOf>
  );
});

/** Renders again only when its node is another one. */
const FinishedBlock = memo(function FinishedBlock({ block, caret }: { block: Block; caret?: ReactNode }) {
  return render(block.node, caret);
});
