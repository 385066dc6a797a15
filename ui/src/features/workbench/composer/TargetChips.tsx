import {
  Copy,
  FlaskConical,
  Replace,
  SlidersHorizontal,
  Target as TargetIcon,
  TriangleAlert,
  X,
} from "lucide-react";
import { Menu } from "@/components/Menu";
import { cx } from "@/lib/classes";
import { count } from "@/lib/figures";
import { hueNumberOf } from "@/lib/hues";
import { shortName } from "@/lib/target";
import type { Estimate } from "@/ipc";
import { openPicker } from "../focus";
import { askOnly, type Place } from "../lineup";
import { openParameters, openParametersOfPlace } from "../parameters";
import { estimatedCost, tooLong } from "./estimates";
import type { Badge } from "./params";
import styles from "./Composer.module.css";

/** More would leave no room for the name. */
const MOST_BADGES = 3;

type Props = {
  lineup: readonly Place[];
  /** Of their columns, where the targets alone do not tell them apart. */
  numbers: readonly number[] | null;
  places: readonly Place[];
  /** In the order of `places`. */
  estimates: readonly Estimate[];
  badges: readonly Badge[][];
  full: boolean;
  onRemove: (at: number) => void;
  onTwice: (at: number) => void;
  onReplace: (at: number, target: string) => void;
};

/** Whom the prompt goes to, each with what it would cost there and how it is asked differently. */
export function TargetChips({ lineup, numbers, places, estimates, badges, full, ...on }: Props) {
  return lineup.map((place, i) => {
    const { target, branch } = place;
    const at = places.indexOf(place);
    const estimate = at < 0 ? undefined : estimates[at];
    const fits = estimate?.target === target ? estimate : undefined;
    const number = numbers?.[i];
    const column = number === undefined ? "" : `, column ${number}`;
    const long = fits !== undefined && tooLong(fits);
    return (
      <li
        key={`${target} ${branch ?? i}`}
        className={cx(styles.chip, at < 0 && styles.aside, long && styles.long)}
        title={
          fits ? `${target}: ≈ ${count(fits.input)} tokens in, ${count(fits.output)} counted out` : target
        }
      >
        <Menu
          trigger={
            <button type="button" className={styles.chipMain}>
              <span className="srOnly">Options of target {target + column}: </span>
              {number !== undefined && (
                <span className={styles.number} aria-hidden="true">
                  {number}
                </span>
              )}
              {long ? (
                <TriangleAlert size={12} className={styles.warn} />
              ) : (
                <i className={styles.dot} data-hue={hueNumberOf(target)} />
              )}
              {target.startsWith("simulated/") && (
                <FlaskConical size={12} role="img" aria-label="simulated" className={styles.made} />
              )}
              <bdi className={styles.name}>{shortName(target)}</bdi>
              {badges[i]?.slice(0, MOST_BADGES).map(({ key, label }) => (
                <span key={key} className={styles.badge}>
                  {label}
                </span>
              ))}
              {(badges[i]?.length ?? 0) > MOST_BADGES && (
                <span className={styles.badge}>+{(badges[i]?.length ?? 0) - MOST_BADGES}</span>
              )}
              {at < 0 ? (
                <span className={styles.cost}>not asked</span>
              ) : (
                fits && <span className={styles.cost}>{estimatedCost(fits)}</span>
              )}
            </button>
          }
          entries={[
            {
              label: "Choose another model",
              icon: <Replace size={14} />,
              run: () =>
                branch
                  ? openPicker({ replace: branch })
                  : openPicker({
                      title: `In place of ${shortName(target)}`,
                      onPick: (now) => on.onReplace(i, now),
                    }),
            },
            {
              label: "System text and parameters",
              icon: <SlidersHorizontal size={14} />,
              run: () => (branch ? openParameters(branch) : openParametersOfPlace(i)),
            },
            {
              label: "Add a second column of it",
              icon: <Copy size={14} />,
              disabled: full,
              run: () => on.onTwice(i),
            },
            ...(branch && lineup.length > 1
              ? [
                  {
                    label: at >= 0 && places.length === 1 ? "Ask all columns" : "Ask only this column",
                    icon: <TargetIcon size={14} />,
                    run: () => askOnly(at >= 0 && places.length === 1 ? null : branch),
                  },
                ]
              : []),
            "line",
            { label: "Leave it out", icon: <X size={14} />, run: () => on.onRemove(i) },
          ]}
        />
        <button
          type="button"
          className={styles.remove}
          aria-label={`Remove target ${target}${column}`}
          onClick={() => on.onRemove(i)}
        >
          <X size={12} />
        </button>
      </li>
    );
  });
}
