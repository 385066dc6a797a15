import { count } from "@/lib/figures";
import type { Estimate } from "@/ipc";
import { total } from "./estimates";
import styles from "./Composer.module.css";

/** What the prompt comes to in all, or that nobody could tell. */
export function EstimateSum({
  estimates,
  problem,
}: {
  estimates: readonly Estimate[];
  problem: string | null;
}) {
  const most = Math.max(0, ...estimates.map(({ input }) => input));
  const sum = total(estimates);
  return (
    <span className={styles.sum} role="status" aria-label="Estimate" title={problem ?? undefined}>
      {problem !== null
        ? "estimate failed"
        : most > 0 && (
            <>
              ≈ {count(most)} tok{sum && <span className={styles.total}> · {sum}</span>}
            </>
          )}
    </span>
  );
}
