import { useState } from "react";
import { Button } from "@/components/Button";
import { Segments } from "@/components/Segments";
import type { ConversationId, ExportFormat, ExportRequest } from "@/ipc";
import { copyText, save } from "./api";
import styles from "./Moving.module.css";

const hints: Record<ExportFormat, string> = {
  json: "Everything, with nothing lost: all branches, times, models and figures. It can be imported again.",
  markdown: "Text for people, and for other programs.",
  html: "One page that any browser shows. It needs nothing else and runs nothing.",
};

/** In what form conversations leave, and how much of each. None is all of them. */
export function ExportForm({
  conversations,
  onDone,
}: {
  conversations: readonly ConversationId[];
  onDone?: () => void;
}) {
  const [format, setFormat] = useState<ExportFormat>("json");
  const [scope, setScope] = useState<"tree" | "active">("tree");
  const [busy, setBusy] = useState<"copy" | "save" | null>(null);
  const run = async (how: "copy" | "save") => {
    setBusy(how);
    const request: ExportRequest = {
      conversations: [...conversations],
      format,
      scope: { kind: format === "json" ? "tree" : scope },
    };
    const done = await (how === "save" ? save(request) : copyText(request));
    setBusy(null);
    if (done) onDone?.();
  };
  return (
    <div className={styles.export}>
      <div className={styles.row}>
        <Segments<ExportFormat>
          label="Format"
          value={format}
          options={[
            { value: "json", label: "JSON" },
            { value: "markdown", label: "Markdown" },
            { value: "html", label: "HTML" },
          ]}
          onChange={setFormat}
        />
        {format !== "json" && (
          <Segments
            label="How much"
            value={scope}
            options={[
              { value: "tree", label: "All branches" },
              { value: "active", label: "The active branch" },
            ]}
            onChange={setScope}
          />
        )}
      </div>
      <p className={styles.quiet}>{hints[format]}</p>
      <div className={styles.row}>
        <Button
          kind="primary"
          busy={busy === "save"}
          disabled={busy === "copy"}
          onClick={() => void run("save")}
        >
          Save
        </Button>
        <Button busy={busy === "copy"} disabled={busy === "save"} onClick={() => void run("copy")}>
          Copy
        </Button>
      </div>
    </div>
  );
}
