import { useState } from "react";
import { Button } from "@/components/Button";
import { Note } from "@/components/Note";
import { notify } from "@/components/toasts";
import { ipc, reason, type CheckReport } from "@/ipc";
import { counted, size } from "@/lib/sizes";
import styles from "./Settings.module.css";

/** Proves the data whole, and gives back what it does not use. */
export function Care() {
  const [busy, setBusy] = useState<"check" | "compact" | null>(null);
  const [report, setReport] = useState<CheckReport | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const run = async (what: "check" | "compact", act: () => Promise<void>) => {
    setBusy(what);
    setProblem(null);
    try {
      await act();
    } catch (error) {
      setProblem(reason(error));
    } finally {
      setBusy(null);
    }
  };
  const check = () => run("check", async () => setReport(await ipc().checkData()));
  const compact = () =>
    run("compact", async () => {
      const before = await ipc().dataReport();
      const after = await ipc().compactData();
      notify({ text: `Compacted: ${size(Math.max(0, before.kib - after.kib))} went back to the disk` });
    });

  return (
    <section className={styles.part} aria-labelledby="data-care">
      <h2 id="data-care">Care</h2>
      <div className={styles.setting}>
        <div className={styles.what}>
          <h2>Check</h2>
          <p>
            Hashes everything again and proves that each conversation is a whole tree. Nothing is changed.
          </p>
        </div>
        <Button busy={busy === "check"} disabled={busy === "compact"} onClick={() => void check()}>
          {busy === "check" ? "Checking" : "Check now"}
        </Button>
      </div>
      {report && <Found report={report} />}
      <div className={styles.setting}>
        <div className={styles.what}>
          <h2>Compact</h2>
          <p>Gives space that nothing uses back to the disk. It may take a while with much data.</p>
        </div>
        <Button busy={busy === "compact"} disabled={busy === "check"} onClick={() => void compact()}>
          {busy === "compact" ? "Compacting" : "Compact now"}
        </Button>
      </div>
      {problem && (
        <Note tone="danger" role="alert">
          {problem}
        </Note>
      )}
    </section>
  );
}

function Found({ report }: { report: CheckReport }) {
  const looked = [
    counted(report.conversations, "conversation"),
    counted(report.messages, "message"),
    counted(report.blobs, "attachment"),
    counted(report.completions, "answer"),
  ].join(", ");
  if (report.ok)
    return (
      <Note tone="ok" role="status">
        Everything is whole. Looked at {looked}.
      </Note>
    );
  return (
    <Note tone="danger" role="alert">
      <p>
        {counted(report.problems.length, "thing is", "things are")} wrong, among {looked}. Restoring the
        newest copy that is whole mends it.
      </p>
      <ul className={styles.problems}>
        {report.problems.map((problem, i) => (
          <li key={i}>{problem}</li>
        ))}
      </ul>
    </Note>
  );
}
