import { FilterX } from "lucide-react";
import { Fragment, useState } from "react";
import { Button } from "@/components/Button";
import { Table, TableRow } from "@/components/Table";
import type { Candidate, Decision, Target } from "@/ipc";
import { cx } from "@/lib/classes";
import { hasHue, hueNumberOf } from "@/lib/hues";
import { providerOf } from "@/lib/target";
import styles from "./Decision.module.css";
import { fullScale, labelOf } from "./parts";
import { ScoreBar } from "./ScoreBar";

/** So many are shown at first, of those that can answer and of those that were left out. */
const FIRST = 10;
const FIRST_OUT = 4;

type Props = {
  decision: Decision;
  /** Name of the table. */
  label?: string;
  /** Where there is little room: what a part rests on is told below its candidate. */
  narrow?: boolean;
};

/** All who were weighed: those that can answer by their score, then who was left out and why. */
export function Ranking({ decision, label = "Candidates", narrow }: Props) {
  const { candidates, order } = decision;
  const [opened, setOpened] = useState<Target | null>(null);
  const [all, setAll] = useState(false);
  const ranked = candidates
    .filter(({ excluded }) => !excluded)
    .toSorted((a, b) => (b.score ?? -Infinity) - (a.score ?? -Infinity));
  // Who is made up is left out nearly always: that is told where all are.
  const isMadeUp = ({ target }: Candidate) => target.startsWith("simulated/");
  const left = candidates.filter(({ excluded }) => excluded);
  const out = [...left.filter((one) => !isMadeUp(one)), ...left.filter(isMadeUp)];
  const full = fullScale(ranked);
  const worth = ranked.length === 0 ? out.length : out.filter((one) => !isMadeUp(one)).length;
  const [first, firstOut] = all ? [ranked.length, out.length] : [FIRST, Math.min(FIRST_OUT, worth)];
  const more = Math.max(0, ranked.length - first) + Math.max(0, out.length - firstOut);
  const tries = (target: Target) => order.indexOf(target);
  return (
    <div className={cx(styles.ranking, narrow && styles.narrow)}>
      <Table
        label={label}
        columns={[
          { title: "Rank", width: "36px", silent: true },
          { title: "Target" },
          { title: "Score parts", width: narrow ? "34%" : "38%" },
          { title: "Score", width: "60px", right: true },
          { title: "Asked", width: "84px", right: true, extra: true },
        ]}
      >
        {ranked.slice(0, first).map((candidate, i) => {
          const { target, score } = candidate;
          const open = opened === target;
          const at = tries(target);
          const parts = candidate.parts?.length ?? 0;
          return (
            <Fragment key={target}>
              <TableRow selected={at === 0}>
                <td className={styles.rank}>{i + 1}</td>
                <td>
                  <button
                    type="button"
                    className={styles.target}
                    aria-expanded={open}
                    aria-label={`${target}, why this score`}
                    title={target}
                    onClick={() => setOpened(open ? null : target)}
                  >
                    <Dot target={target} chosen={at === 0} />
                    <Name target={target} />
                  </button>
                </td>
                <td>
                  <ScoreBar candidate={candidate} full={full} />
                </td>
                <td data-right className={styles.score}>
                  {score === null ? "–" : score.toFixed(2)}
                </td>
                <td data-right data-extra="true" className={styles.quiet}>
                  {at === 0 ? "first" : at > 0 ? `then ${at + 1}.` : ""}
                </td>
              </TableRow>
              {open && (
                <tr className={styles.why}>
                  <td />
                  <td colSpan={4}>
                    {parts === 0 ? (
                      <p className={styles.quiet}>
                        Only the score of this one was kept; “Try a prompt” tells all parts of all candidates.
                      </p>
                    ) : (
                      <Parts candidate={candidate} />
                    )}
                  </td>
                </tr>
              )}
            </Fragment>
          );
        })}
        {out.slice(0, firstOut).map(({ target, excluded }) => (
          <TableRow key={target} className={styles.out}>
            <td>
              <FilterX size={12} role="img" aria-label="left out" />
            </td>
            <td title={target}>
              <span className={styles.target}>
                <Dot target={target} chosen={false} out />
                <Name target={target} />
              </span>
            </td>
            <td colSpan={3} title={excluded ?? undefined}>
              left out: {excluded}
            </td>
          </TableRow>
        ))}
      </Table>
      {(more > 0 || (all && (ranked.length > FIRST || out.length > Math.min(FIRST_OUT, worth)))) && (
        <div className={styles.more}>
          <Button small kind="ghost" aria-expanded={all} onClick={() => setAll((now) => !now)}>
            {all ? "Show fewer" : `Show ${more} more`}
          </Button>
          <span className={styles.quiet}>
            {ranked.length} can answer, {out.length} left out
          </span>
        </div>
      )}
    </div>
  );
}

/** What each part is worth, counts and rests on. */
function Parts({ candidate }: { candidate: Candidate }) {
  return (
    <dl className={styles.parts}>
      {candidate.parts?.map(({ name, value, weight, because }) => (
        <div key={name}>
          <dt>{labelOf(name)}</dt>
          <dd className={styles.num}>
            {(value ?? 0).toFixed(2)} × {(weight ?? 0).toFixed(2)}
          </dd>
          <dd>{because}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Hundreds may be weighed: only those that were met, and who is chosen, take a hue. */
function Dot({ target, chosen, out }: { target: Target; chosen: boolean; out?: boolean }) {
  const hue = chosen || hasHue(target) ? hueNumberOf(target) : undefined;
  return <i className={styles.dot} data-out={out || undefined} data-hue={hue} />;
}

function Name({ target }: { target: Target }) {
  const provider = providerOf(target);
  return (
    <bdi>
      {provider && <span className={styles.quiet}>{provider}/</span>}
      {provider ? target.slice(provider.length + 1) : target}
    </bdi>
  );
}
