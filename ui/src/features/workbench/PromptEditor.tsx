import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { useEffect, useRef } from "react";
import styles from "./Composer.module.css";

type Props = { start: string; onChange: (text: string) => void; onSend: () => void };

/** Keys that belong to the window or to sending, though CodeMirror would take them. */
const windowKeys = new Set(["Mod-Enter", "Ctrl-m", "Shift-Alt-m"]);

/** The prompt box. It keeps its own text; a new one begins where `start` says. */
export default function PromptEditor({ start, onChange, onSend }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const handlers = useRef({ onChange, onSend });
  useEffect(() => {
    handlers.current = { onChange, onSend };
  });
  const first = useRef(start);
  useEffect(() => {
    if (!host.current) return;
    const send = () => {
      handlers.current.onSend();
      return true;
    };
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: first.current,
        selection: { anchor: first.current.length },
        extensions: [
          history(),
          keymap.of([
            { key: "Mod-Enter", run: send },
            ...defaultKeymap.filter(({ key }) => !key || !windowKeys.has(key)),
            ...historyKeymap,
          ]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": "Prompt", spellcheck: "true", dir: "auto" }),
          EditorView.perLineTextDirection.of(true),
          placeholder("Ask all of them the same thing"),
          EditorView.updateListener.of(
            (update) => update.docChanged && handlers.current.onChange(update.state.doc.toString()),
          ),
        ],
      }),
    });
    // A reader who has gone elsewhere meanwhile is not called back.
    if (document.activeElement === document.body || document.activeElement === null) editor.focus();
    return () => editor.destroy();
  }, []);
  return <div className={styles.editor} ref={host} />;
}
