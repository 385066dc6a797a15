import { Paperclip } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import styles from "./Composer.module.css";

/** Takes files that are dropped anywhere over the workbench, and says so while they hover. */
export function DropLayer({ onFiles }: { onFiles: (files: File[]) => void }) {
  const mark = useRef<HTMLSpanElement>(null);
  const [over, setOver] = useState(false);
  const take = useRef(onFiles);
  useEffect(() => {
    take.current = onFiles;
  });
  useEffect(() => {
    const area = mark.current?.closest<HTMLElement>("main");
    if (!area) return;
    let depth = 0;
    const files = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (event: DragEvent) => {
      if (!files(event)) return;
      depth += 1;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (files(event) && (depth -= 1) <= 0) gone();
    };
    const gone = () => {
      depth = 0;
      setOver(false);
    };
    const hover = (event: DragEvent) => {
      if (!files(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    };
    const drop = (event: DragEvent) => {
      if (!files(event)) return;
      event.preventDefault();
      gone();
      take.current(Array.from(event.dataTransfer?.files ?? []));
    };
    area.addEventListener("dragenter", enter);
    area.addEventListener("dragleave", leave);
    area.addEventListener("dragover", hover);
    area.addEventListener("drop", drop);
    return () => {
      area.removeEventListener("dragenter", enter);
      area.removeEventListener("dragleave", leave);
      area.removeEventListener("dragover", hover);
      area.removeEventListener("drop", drop);
    };
  }, []);
  return (
    <>
      <span ref={mark} hidden />
      {over && (
        <div className={styles.drop}>
          <span>
            <Paperclip size={16} /> Drop to attach
          </span>
        </div>
      )}
    </>
  );
}
