/** Markdown in the prompt box. Apart, since typing need not wait for it. */
import { markdown, markdownLanguage } from "@codemirror/lang-markdown";
import { syntaxHighlighting } from "@codemirror/language";
import { tagHighlighter, tags } from "@lezer/highlight";
import type { Extension } from "@codemirror/state";
import styles from "./PromptEditor.module.css";

/** Class names of ours, so that nothing injects a style sheet. */
const highlighter = tagHighlighter(
  (
    [
      [tags.heading, styles.heading],
      [tags.strong, styles.strong],
      [tags.emphasis, styles.emphasis],
      [tags.strikethrough, styles.struck],
      [tags.monospace, styles.mono],
      [tags.link, styles.link],
      [tags.url, styles.link],
      [tags.quote, styles.quote],
      [tags.processingInstruction, styles.mark],
      [tags.contentSeparator, styles.mark],
      [tags.labelName, styles.mark],
    ] as const
  ).map(([tag, name]) => ({ tag, class: name ?? "" })),
);

export const markdownSupport: Extension = [
  // Prompts are full of tags that are no HTML: nothing closes them, and none of its keys but those for lists.
  markdown({ base: markdownLanguage, completeHTMLTags: false, pasteURLAsLink: false }),
  syntaxHighlighting(highlighter),
];
