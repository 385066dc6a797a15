import { useState } from "react";
import { Code } from "@/components/markdown/Code";
import { Note } from "@/components/Note";
import { Select } from "@/components/Select";
import type { CompletionId, GatewayStatus, Target } from "@/ipc";
import { useModels } from "./api";
import styles from "./Gateway.module.css";
import { KEY, snippet, toolName, tools, type Tool } from "./snippets";
import { TestIt } from "./TestIt";

type Props = { status: GatewayStatus; onTraffic: (call?: CompletionId) => void };

/** What to copy where, for common tools, and whether their calls arrive. */
export function Snippets({ status, onTraffic }: Props) {
  const { data: models = [] } = useModels();
  const [tool, setTool] = useState<Tool>("claudeCode");
  const [chosen, setChosen] = useState<Target | null>(null);
  const usable = models.filter(({ available }) => available);
  const first = usable.find(({ simulated }) => !simulated) ?? usable[0];
  const model = chosen ?? first?.target ?? "provider/model";
  const { settings, url } = status;
  const address = url ?? `http://127.0.0.1:${settings.port || 4141}`;
  const { note, steps } = snippet(tool, address, model);
  return (
    <section className={styles.part} aria-labelledby="gateway-tools">
      <h2 id="gateway-tools">Set up a tool</h2>
      <div className={styles.row}>
        <Select
          className={styles.tool}
          label="Tool"
          value={tool}
          options={tools.map(({ id, title, hint }) => ({
            value: id,
            label: hint ? `${title}, ${hint}` : title,
          }))}
          onChange={setTool}
        />
        <Select
          className={styles.model}
          label="Model"
          value={model}
          options={
            usable.length > 0
              ? usable.map(({ target }) => ({ value: target, label: target }))
              : [{ value: model, label: model, disabled: true }]
          }
          onChange={setChosen}
        />
      </div>
      {note && <Note tone="warn">{note}</Note>}
      <ol className={styles.steps}>
        {steps.map(({ say, lang, code }) => (
          <li key={say}>
            <p>{say}</p>
            <Code code={code} lang={lang} />
          </li>
        ))}
      </ol>
      <p className={styles.quiet}>
        In place of <span className={styles.mono}>{KEY}</span> goes a key that you issued above: one for each
        tool, so that you can tell them apart.
      </p>
      <TestIt key={tool} tool={toolName(tool)} on={url !== null} onTraffic={onTraffic} />
    </section>
  );
}
