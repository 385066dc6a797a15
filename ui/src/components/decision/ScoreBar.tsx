import type { Candidate } from "@/ipc";
import styles from "./Decision.module.css";
import { piecesOf, usedParts } from "./parts";

/** A score as a stacked bar from zero; `full` is what the whole length is worth. */
export function ScoreBar({ candidate, full }: { candidate: Candidate; full: number }) {
  const pieces = piecesOf(candidate);
  const percent = (amount: number) => `${((Math.max(0, amount) / full) * 100).toFixed(2)}%`;
  const lost = pieces.reduce((sum, { amount }) => sum + Math.min(0, amount), 0);
  const words = pieces.map(({ label, amount }) => `${label} ${amount.toFixed(2)}`).join(", ");
  return (
    <span className={styles.bar} role="img" aria-label={words || "no parts are told"} title={words}>
      {pieces
        .filter(({ amount }) => amount > 0)
        .map(({ name, colour, amount }) => (
          <i key={name} style={{ width: percent(amount), background: colour }} />
        ))}
      {lost < 0 && <u style={{ width: percent(-lost), marginInlineStart: `-${percent(-lost)}` }} />}
      {pieces.length === 0 && candidate.score !== null && (
        <i className={styles.whole} style={{ width: percent(candidate.score) }} />
      )}
    </span>
  );
}

/** Which colour is what. */
export function PartsLegend({ candidates }: { candidates: readonly Candidate[] }) {
  return (
    <ul className={styles.legend} aria-label="Parts of the score">
      {usedParts(candidates).map(({ name, label, colour }) => (
        <li key={name}>
          <i style={{ background: colour }} />
          {label}
        </li>
      ))}
    </ul>
  );
}
