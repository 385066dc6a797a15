import { useState, type DragEvent } from "react";
import { Button } from "@/components/Button";
import { Note } from "@/components/Note";
import { cx } from "@/lib/classes";
import type { ImportFormat, ImportStatus } from "@/ipc";
import { counted, size } from "@/lib/sizes";
import { cancelImport, importFiles, isRunning, pickFiles, useImports } from "./api";
import styles from "./Moving.module.css";

const formats: Record<ImportFormat, string> = {
  chatgpt: "ChatGPT",
  claude: "Claude",
  deepseek: "DeepSeek",
  openWebUi: "Open WebUI",
  libreChat: "LibreChat",
  orchesity: "Orchesity",
};
/** So many warnings are shown before somebody asks for all. */
const FIRST_WARNINGS = 5;

/** Takes conversations in from other programs' exports, and says how that went. */
export function ImportSection() {
  const { data: imports = [] } = useImports();
  const [over, setOver] = useState(false);
  const hasFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");
  return (
    <section
      className={cx(styles.part, over && styles.over)}
      aria-labelledby="import-head"
      onDragOver={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(false);
        importFiles(event.dataTransfer.files);
      }}
    >
      <div className={styles.row}>
        <h2 id="import-head">Import</h2>
        <Button onClick={() => pickFiles()}>Choose files</Button>
      </div>
      <p className={styles.quiet}>
        Exports of ChatGPT, Claude, DeepSeek, Open WebUI, LibreChat and Orchesity: .json and .zip files. They
        can be dropped here. What is here already is not added twice.
      </p>
      {imports.length > 0 && (
        <ul className={styles.imports} aria-label="Imports">
          {imports.map((one) => (
            <li key={one.id}>
              <One status={one} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function One({ status }: { status: ImportStatus }) {
  const { id, name, format, state, doneKib, totalKib, report } = status;
  const running = isRunning(status);
  const share = totalKib > 0 ? Math.min(1, doneKib / totalKib) : 0;
  const took = [
    counted(report.conversations, "conversation"),
    counted(report.messages, "message"),
    ...(report.skipped > 0 ? [`${report.skipped.toLocaleString("en-US")} skipped`] : []),
  ].join(", ");
  // What was refused may well be new.
  const nothing = report.warnings.length === 0 ? "Nothing new" : "Nothing was added";
  const words = {
    receiving: `Handing over ${size(doneKib)} of ${size(totalKib)}`,
    reading: `Reading ${size(doneKib)} of ${size(totalKib)}: ${took} so far`,
    done: report.conversations === 0 ? `${nothing}: ${took}` : `Imported ${took}`,
    cancelled:
      report.conversations > 0 ? `Stopped; ${took} were imported before` : "Stopped; nothing was imported",
    failed:
      report.conversations > 0 ? `Failed; ${took} were imported before` : "Failed; nothing was imported",
  }[state.state];
  return (
    <div className={styles.import} role="group" aria-label={`Import of ${name}`}>
      <div className={styles.row}>
        <bdi className={styles.name}>{name}</bdi>
        {format !== null && <span className={styles.quiet}>{formats[format]}</span>}
        <span className={styles.space} />
        {running && (
          <Button small onClick={() => void cancelImport(id)}>
            Stop
          </Button>
        )}
      </div>
      {running && (
        <div
          className={styles.progress}
          role="progressbar"
          aria-label={`Progress of ${name}`}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(share * 100)}
        >
          <i style={{ width: `${share * 100}%` }} />
        </div>
      )}
      <p className={styles.quiet} role={running ? undefined : "status"}>
        {words}
      </p>
      {state.state === "failed" && <Note tone="danger">{state.message}</Note>}
      {report.warnings.length > 0 && <Warnings warnings={report.warnings} />}
    </div>
  );
}

function Warnings({ warnings }: { warnings: readonly string[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? warnings : warnings.slice(0, FIRST_WARNINGS);
  return (
    <Note tone="warn">
      <p>{counted(warnings.length, "thing was", "things were")} left out or refused:</p>
      <ul className={styles.warnings} tabIndex={0} aria-label="Warnings">
        {shown.map((warning, i) => (
          <li key={i}>{warning}</li>
        ))}
      </ul>
      {shown.length < warnings.length && (
        <Button small kind="ghost" onClick={() => setAll(true)}>
          Show all {warnings.length.toLocaleString("en-US")}
        </Button>
      )}
    </Note>
  );
}
