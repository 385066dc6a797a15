import { CircleX, TriangleAlert, X } from "lucide-react";
import { Button, IconButton } from "./Button";
import styles from "./Toasts.module.css";
import { act, dismiss, useToasts } from "./toasts";

/** What was said a moment ago, at the lower right. */
export function Toasts() {
  const toasts = useToasts((s) => s.toasts);
  return (
    <div className={styles.stack} role="region" aria-label="Notices" aria-live="polite">
      {toasts.map((toast) => (
        <div key={toast.id} className={styles.toast} data-tone={toast.tone}>
          {toast.tone === "warn" && <TriangleAlert size={14} />}
          {toast.tone === "danger" && <CircleX size={14} />}
          <span className={styles.text}>{toast.text}</span>
          {toast.action && (
            <Button small onClick={() => act(toast)}>
              {toast.action.label}
            </Button>
          )}
          <IconButton label="Dismiss" onClick={() => dismiss(toast.id)}>
            <X size={14} />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
