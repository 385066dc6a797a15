import { FileText, Image as ImageIcon } from "lucide-react";
import { useState } from "react";
import { Dialog } from "@/components/Dialog";
import type { Part } from "@/ipc";
import type { LivePart } from "../fold";
import styles from "./answer.module.css";
import { usePicture } from "./media";

/** A picture or a file that a model made. */
export function MediaView({ part }: { part: LivePart }) {
  const mediaType = part.media?.mediaType ?? part.label;
  const address = usePicture(mediaType, part.media?.source);
  if (!part.media)
    return (
      <p className={styles.media}>
        <ImageIcon size={14} />
        {part.label} is on its way
      </p>
    );
  if (address === null) return <div className={styles.pictureBox} aria-busy="true" />;
  if (address === false)
    return (
      <p className={styles.media}>
        <FileText size={14} />
        <bdi>{part.label}</bdi>
      </p>
    );
  return <Zoomable address={address} name={part.label} className={styles.pictureBox} />;
}

/** What was sent along with a prompt: pictures small, files by name. */
export function Attachments({ parts }: { parts: readonly Part[] }) {
  return (
    <ul className={styles.attachments} aria-label="Attachments">
      {parts.map((part, i) =>
        part.type === "image" || part.type === "file" ? (
          <li key={i}>
            <Attachment part={part} />
          </li>
        ) : null,
      )}
    </ul>
  );
}

function Attachment({ part }: { part: Extract<Part, { type: "image" | "file" }> }) {
  const address = usePicture(part.mediaType, part.source);
  const name = part.type === "file" ? (part.name ?? part.mediaType) : part.mediaType;
  if (typeof address === "string")
    return <Zoomable address={address} name={name} className={styles.thumbnail} />;
  return (
    <span className={styles.file} title={name}>
      {part.type === "image" ? <ImageIcon size={14} /> : <FileText size={14} />}
      <bdi>{name}</bdi>
    </span>
  );
}

function Zoomable({ address, name, className }: { address: string; name: string; className?: string }) {
  const [large, setLarge] = useState(false);
  return (
    <>
      <button
        type="button"
        className={className}
        aria-label={`Enlarge ${name}`}
        onClick={() => setLarge(true)}
      >
        <img src={address} alt={name} decoding="async" />
      </button>
      <Dialog title={name} size="wide" open={large} onClose={() => setLarge(false)}>
        <div className={styles.large}>
          <img src={address} alt={name} />
        </div>
      </Dialog>
    </>
  );
}
