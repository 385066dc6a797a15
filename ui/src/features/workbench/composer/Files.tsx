import { FileText, Image, LoaderCircle, X } from "lucide-react";
import { count } from "@/lib/figures";
import { cx } from "@/lib/classes";
import { fileSize, type Coming } from "./attachments";
import type { Attached } from "./draft";
import { useMediaUrl } from "./media";
import styles from "./Files.module.css";

type Props = {
  attached: readonly Attached[];
  onRemove?: (id: string) => void;
  onText?: (id: string, asText: boolean) => void;
};

/** The files of a prompt, each with what it comes to. */
export function Files({ attached, onRemove, onText }: Props) {
  return attached.map((file) => (
    <li key={file.id} className={styles.chip} title={facts(file).join(", ")}>
      <Picture file={file} />
      <bdi className={styles.name}>{file.name}</bdi>
      {/* The size of a document is its pages; in bytes it is in the title. */}
      <span className={styles.facts}>
        {facts(file)
          .filter((_, i) => file.pages === null || i !== 1)
          .join(" · ")}
      </span>
      {file.text && onText && (
        <button
          type="button"
          className={styles.as}
          title={
            file.asText
              ? "The text in it is sent. Press to send the file itself"
              : "The file itself is sent. Press to send the text in it"
          }
          aria-label={`${file.name} is sent as ${file.asText ? "text" : "a file"}`}
          onClick={() => onText(file.id, !file.asText)}
        >
          as {file.asText ? "text" : "file"}
        </button>
      )}
      {onRemove && (
        <button
          type="button"
          className={styles.remove}
          aria-label={`Remove ${file.name}`}
          onClick={() => onRemove(file.id)}
        >
          <X size={12} />
        </button>
      )}
    </li>
  ));
}

/** Files that are on their way. */
export function ComingFiles({
  coming,
  onRemove,
}: {
  coming: readonly Coming[];
  onRemove: (id: string) => void;
}) {
  return coming.map(({ id, name, size, read }) => (
    <li key={id} className={cx(styles.chip, styles.coming)}>
      <LoaderCircle size={14} className={styles.turning} />
      <bdi className={styles.name}>{name}</bdi>
      <span
        className={styles.facts}
        role="progressbar"
        aria-label={`Reading ${name}`}
        aria-valuenow={Math.round(read * 100)}
      >
        {Math.round(read * 100)} % of {fileSize(size)}
      </span>
      <button
        type="button"
        className={styles.remove}
        aria-label={`Remove ${name}`}
        onClick={() => onRemove(id)}
      >
        <X size={12} />
      </button>
      <i className={styles.bar} style={{ transform: `scaleX(${read})` }} />
    </li>
  ));
}

function Picture({ file: { original } }: { file: Attached }) {
  const image = original.type === "image";
  const url = useMediaUrl(image && original.source.kind === "blob" ? original.source.hash : null);
  if (url) return <img className={styles.thumb} src={url} alt="" />;
  return image ? <Image size={14} /> : <FileText size={14} />;
}

function facts({ size, pages, tokens }: Attached): string[] {
  return [
    pages !== null && `${count(pages)} ${pages === 1 ? "page" : "pages"}`,
    size > 0 && fileSize(size),
    tokens > 0 && `≈\u00a0${count(tokens)} tok`,
  ].filter((fact) => fact !== false);
}
