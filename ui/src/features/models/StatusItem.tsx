import { Library, TriangleAlert } from "lucide-react";
import type { CatalogState } from "@/ipc";
import { ago, day } from "@/lib/time";
import { useCatalogState } from "./api";
import { showPage } from "./kept";
import styles from "./StatusItem.module.css";

/** Of when the catalog is, where everybody sees it: prices and limits are as good as that. */
export function CatalogItem({ onOpen }: { onOpen: () => void }) {
  const { data } = useCatalogState();
  if (!data) return null;
  const { text, title, bad } = said(data);
  return (
    <button
      type="button"
      className={bad ? styles.warn : undefined}
      title={title}
      onClick={() => {
        showPage("sources");
        onOpen();
      }}
    >
      {bad ? <TriangleAlert size={12} /> : <Library size={12} />}
      {text}
    </button>
  );
}

/** What stands there: when a list was taken last, or else the day of what came with the program. */
export function said({ sources, bundledOn, held }: CatalogState): {
  text: string;
  title: string;
  bad: boolean;
} {
  const last = sources.reduce<string | null>(
    (latest, { syncedAt }) =>
      syncedAt !== null && (latest === null || syncedAt > latest) ? syncedAt : latest,
    null,
  );
  const failed = sources.filter(({ failures }) => failures > 0).map(({ source }) => source);
  const text = last === null ? `catalog of ${day(bundledOn)}` : `catalog synced ${ago(last)}`;
  const title = [
    last === null
      ? "As it came with the program; no list of models and prices was taken."
      : "When a list of models and prices was taken last.",
    ...(failed.length > 0 ? [`Not taken: ${failed.join(", ")}. What was known of it stays.`] : []),
    ...(held > 0 ? [`${held} ${held === 1 ? "price waits" : "prices wait"} for a yes or no.`] : []),
  ].join("\n");
  return { text, title, bad: failed.length > 0 };
}
