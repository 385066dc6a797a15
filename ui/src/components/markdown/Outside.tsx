import { Copy, ExternalLink, ImageDown } from "lucide-react";
import { Button } from "@/components/Button";
import { copy } from "@/components/copy";
import { Dialog } from "@/components/Dialog";
import { destination } from "@/lib/links";
import styles from "./Outside.module.css";
import { useOutside } from "./outside";

/** Shows where a link leads, or a picture comes from, before anything is asked for. */
export function Outside() {
  const question = useOutside((s) => s.question);
  const url = question?.url;
  const link = question?.kind === "link";
  return (
    <Dialog
      title={link ? "Open link" : "Load picture"}
      open={question !== null}
      onClose={() => question?.answer(false)}
    >
      {question && url && (
        <div className={styles.body}>
          <p>
            {link
              ? url.protocol === "mailto:"
                ? "Your mail program will write to"
                : "Your browser will open a page of"
              : "The picture will be fetched from"}{" "}
            <bdi className={styles.host}>{destination(url)}</bdi>
          </p>
          <p className={styles.address} tabIndex={0} role="group" aria-label="Address">
            {url.href}
          </p>
          {!link && <p className={styles.quiet}>Its host will see your network address and the time.</p>}
          <div className={styles.actions}>
            <Button kind="ghost" onClick={() => void copy(url.href, "Copied the address")}>
              <Copy size={14} />
              Copy address
            </Button>
            <span className={styles.push} />
            <Button onClick={() => question.answer(false)}>Cancel</Button>
            <Button kind="primary" autoFocus onClick={() => question.answer(true)}>
              {link ? <ExternalLink size={14} /> : <ImageDown size={14} />}
              {link ? "Open" : "Load"}
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
