import { Badge } from "@/components/Badge";
import type { Decision } from "@/ipc";
import { count } from "@/lib/figures";
import styles from "./Decision.module.css";
import { complexityWord } from "./parts";
import { Ranking } from "./Ranking";
import { PartsLegend } from "./ScoreBar";

type Props = {
  decision: Decision;
  /** Where there is little room. */
  narrow?: boolean;
  /** Who answered in the end, where that is known. */
  served?: string | null;
};

/** A decision whole: what the prompt was taken for, who was chosen and why, who comes next, and all who were weighed. */
export function DecisionView({ decision, narrow, served }: Props) {
  return (
    <div className={styles.decision}>
      <DecisionFacts decision={decision} served={served ?? null} />
      {decision.candidates.length > 0 && (
        <>
          <div className={styles.head}>
            <h3>Candidates</h3>
            <PartsLegend candidates={decision.candidates} />
          </div>
          <Ranking decision={decision} narrow={narrow ?? false} />
        </>
      )}
    </div>
  );
}

/** What was decided and by what, without who was weighed. */
export function DecisionFacts({ decision, served = null }: { decision: Decision; served?: string | null }) {
  const { routed, order, requested } = decision;
  const [chosen, ...next] = order;
  const fellBack = served !== null && chosen !== undefined && served !== chosen;
  const rows: [string, React.ReactNode][] = [];
  if (fellBack) rows.push(["answered by", <Whom key="s">{served}</Whom>]);
  if (routed) {
    const { complexity, strength } = routed;
    rows.push(
      ["class", routed.class],
      ["complexity", `${complexityWord(complexity ?? 0)}, ${(complexity ?? 0).toFixed(2)}`],
      ["strength", `${(strength ?? 0).toFixed(2)}, how much it needs a strong model`],
      ["input", `≈\u00a0${count(routed.inputTokens)} tokens`],
      ["policy", `${routed.policy}, ${routed.strategy.replaceAll("_", " ")}`],
      ["choice", choice(decision)],
    );
  } else rows.push(["asked for", <Whom key="r">{requested}</Whom>]);
  if (chosen !== undefined && (routed || next.length > 0))
    rows.push([
      "falls back to",
      next.length === 0 ? (
        "nobody"
      ) : (
        <ol className={styles.order}>
          {next.slice(0, 4).map((target) => (
            <li key={target}>
              <bdi title={target}>{target}</bdi>
            </li>
          ))}
          {next.length > 4 && <li className={styles.quiet}>and {next.length - 4} more</li>}
        </ol>
      ),
    ]);
  return (
    <div className={styles.facts}>
      <h3>
        {chosen === undefined ? "Nobody can answer this" : <bdi>{chosen}</bdi>}
        {routed?.explored && <Badge tone="info">a try</Badge>}
        {routed?.kept && <Badge tone="info">kept: its cache is warm</Badge>}
        {routed?.important && <Badge tone="info">important</Badge>}
        {fellBack && <Badge tone="warn">fell back</Badge>}
      </h3>
      <p className={styles.reason}>{decision.reason}</p>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const Whom = ({ children }: { children: string }) => <bdi>{children}</bdi>;

/** How sure the choice is: against whom, by how much. */
function choice({ routed, candidates, order }: Decision): string {
  const score = (target: string | undefined) =>
    candidates.find((one) => one.target === target)?.score ?? null;
  const mine = score(order[0]);
  const others = candidates.filter(({ target, score: has }) => target !== order[0] && has !== null);
  const best = others.toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0))[0];
  if (order.length === 0) return "nobody is asked";
  const way = routed?.explored ? "explored" : routed?.kept ? "kept" : "exploited";
  if (mine === null || !best || best.score === null) return way;
  const by = mine - best.score;
  return `${way}, ${Math.abs(by).toFixed(2)} ${by >= 0 ? "ahead of" : "behind"} ${best.target}`;
}
