import {
  defaultKeymap,
  history,
  historyField,
  historyKeymap,
  insertNewlineAndIndent,
  isolateHistory,
} from "@codemirror/commands";
import { Compartment, EditorState, Prec, type Extension, type Range } from "@codemirror/state";
import {
  Decoration,
  EditorView,
  keymap,
  MatchDecorator,
  placeholder,
  ViewPlugin,
  type DecorationSet,
  type ViewUpdate,
} from "@codemirror/view";
import { useEffect, useRef } from "react";
import { cspNonce } from "@/lib/nonce";
import type { SendWith } from "./preferences";
import { variablePattern } from "./variables";
import styles from "./PromptEditor.module.css";

type Props = {
  /** Whose prompt it is. */
  about: string;
  /** The text as it is at this moment, not as it was when this was drawn. */
  current: () => string;
  /** Counts the changes of the text that came from elsewhere. */
  outside: number;
  hint: string;
  sendWith: SendWith;
  onChange: (text: string) => void;
  onSend: () => void;
  onFiles: (files: File[]) => void;
};

/** Keys that belong to the window or to sending, though CodeMirror would take them. */
const windowKeys = new Set(["Mod-Enter", "Ctrl-m", "Shift-Alt-m", "Ctrl-Alt-\\"]);

/** What can be undone, and where the caret stood, of prompts that are not on the screen. */
const left = new Map<string, { text: string; state: unknown }>();
const MOST_LEFT = 40;
const fields = { history: historyField };

const marker = new MatchDecorator({
  regexp: variablePattern(),
  decoration: Decoration.mark({ class: styles.variable ?? "" }),
});
const variableMarks = ViewPlugin.define(
  (view): { marks: DecorationSet; update: (update: ViewUpdate) => void } => ({
    marks: marker.createDeco(view),
    update(update) {
      this.marks = marker.updateDeco(update, this.marks);
    },
  }),
  { decorations: (plugin) => plugin.marks },
);

const ownDirection = Decoration.line({ attributes: { dir: "auto" } });
/** Each line runs in the direction of its own words. */
const lineDirections = ViewPlugin.define(
  (view): { lines: DecorationSet; update: (update: ViewUpdate) => void } => ({
    lines: directed(view),
    update(update) {
      if (update.docChanged || update.viewportChanged) this.lines = directed(update.view);
    },
  }),
  { decorations: (plugin) => plugin.lines },
);

function directed({ visibleRanges, state: { doc } }: EditorView): DecorationSet {
  const lines: Range<Decoration>[] = [];
  for (const { from, to } of visibleRanges)
    for (let line = doc.lineAt(from); ; line = doc.line(line.number + 1)) {
      lines.push(ownDirection.range(line.from));
      if (line.to >= to || line.number === doc.lines) break;
    }
  return Decoration.set(lines);
}

/** The box is as high as its text, within its limits: the style sheet has those. */
function fit(view: EditorView): void {
  const box = view.dom.parentElement;
  const wanted = `${Math.ceil(view.contentHeight)}px`;
  if (box && box.style.getPropertyValue("--wanted") !== wanted) box.style.setProperty("--wanted", wanted);
}

/** The prompt box. It keeps its own text and history; what changes `text` from outside can be undone. */
export default function PromptEditor(props: Props) {
  const { outside, hint } = props;
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView>(null);
  const hints = useRef(new Compartment());
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    if (!host.current) return;
    const send = () => {
      latest.current.onSend();
      return true;
    };
    const language = new Compartment();
    const start = latest.current.current();
    const { about } = latest.current;
    const kept = left.get(about);
    const extensions: Extension = [
      history(),
      Prec.highest(
        keymap.of([
          { key: "Mod-Enter", run: send },
          { key: "Enter", run: () => latest.current.sendWith === "enter" && send() },
          { key: "Shift-Enter", run: insertNewlineAndIndent },
        ]),
      ),
      keymap.of([...defaultKeymap.filter(({ key }) => !key || !windowKeys.has(key)), ...historyKeymap]),
      EditorView.lineWrapping,
      EditorView.cspNonce.of(cspNonce()),
      EditorView.contentAttributes.of({ "aria-label": "Prompt", spellcheck: "true" }),
      EditorView.perLineTextDirection.of(true),
      EditorView.domEventHandlers({
        // Programs that copy a table give a picture of it as well: the text is meant.
        paste: ({ clipboardData }) => {
          const files = Array.from(clipboardData?.files ?? []);
          if (files.length === 0 || clipboardData?.getData("text/plain")) return false;
          latest.current.onFiles(files);
          return true;
        },
        // The whole workbench takes files; CodeMirror would write their bytes into the text.
        drop: ({ dataTransfer }) => (dataTransfer?.files.length ?? 0) > 0,
      }),
      hints.current.of(placeholder(latest.current.hint)),
      language.of([]),
      variableMarks,
      lineDirections,
      EditorView.updateListener.of((update) => {
        if (update.docChanged) latest.current.onChange(update.state.doc.toString());
        if (update.geometryChanged) fit(update.view);
      }),
    ];
    const view = new EditorView({
      parent: host.current,
      state:
        // What has been changed elsewhere meanwhile begins anew.
        kept?.text === start
          ? EditorState.fromJSON(kept.state, { extensions }, fields)
          : EditorState.create({ doc: start, selection: { anchor: start.length }, extensions }),
    });
    editor.current = view;
    fit(view);
    // A reader who has gone elsewhere meanwhile is not called back.
    if (document.activeElement === document.body || document.activeElement === null) view.focus();
    // From here on keys are taken: `cargo xtask bench start` reads when that was.
    performance.mark("prompt");
    let gone = false;
    void import("./markdown").then(({ markdownSupport }) => {
      if (!gone) view.dispatch({ effects: language.reconfigure(markdownSupport) });
    });
    return () => {
      gone = true;
      left.delete(about);
      left.set(about, { text: view.state.doc.toString(), state: view.state.toJSON(fields) });
      for (const oldest of left.keys()) if (left.size > MOST_LEFT) left.delete(oldest);
      view.destroy();
    };
  }, []);
  useEffect(() => {
    const view = editor.current;
    const now = view?.state.doc.toString() ?? "";
    const wanted = latest.current.current();
    if (!view || now === wanted) return;
    // What was typed keeps its place, and the caret with it.
    const kept = wanted.endsWith(now) ? now.length : 0;
    view.dispatch({
      changes: { from: 0, to: now.length - kept, insert: wanted.slice(0, wanted.length - kept) },
      // One undo brings back what stood here, and no more.
      annotations: isolateHistory.of("full"),
      ...(kept === 0 && { selection: { anchor: wanted.length } }),
    });
  }, [outside]);
  useEffect(() => {
    editor.current?.dispatch({ effects: hints.current.reconfigure(placeholder(hint)) });
  }, [hint]);
  return <div className={styles.editor} ref={host} />;
}
