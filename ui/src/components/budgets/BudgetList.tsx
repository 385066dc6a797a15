import { Button } from "@/components/Button";
import { Meters } from "@/components/charts/Meters";
import type { FolderId, OwnedBudget } from "@/ipc";
import { periods } from "@/lib/caps";
import { count, usd } from "@/lib/figures";
import { moment } from "@/lib/time";
import styles from "./Budgets.module.css";

/** Whose it is and how often it begins anew: `folder Work, a month`. */
export function budgetName({ folder, name, budget }: OwnedBudget): string {
  const whose = folder === null ? (name ?? "all calls") : `folder ${name ?? "without a name"}`;
  return `${whose}, ${periods.find(({ id }) => id === budget.period)?.per ?? budget.period}`;
}

type Props = {
  budgets: readonly OwnedBudget[];
  /** To where a folder's budget is changed. */
  onFolder?: (folder: FolderId) => void;
};

/** How budgets stand, and how they will at the end of their period. */
export function BudgetList({ budgets, onFolder }: Props) {
  return (
    <ul className={styles.budgets} aria-label="Budgets">
      {budgets.map((one) => {
        const { folder } = one;
        return (
          <li key={`${one.key} ${folder} ${one.budget.period}`}>
            <Meters
              label={budgetName(one)}
              meters={[{ id: "spent", name: budgetName(one), ...standing(one), value: gone(one) }]}
            />
            <p className={styles.note}>
              <span>{foretold(one)}</span>
              {folder !== null && onFolder && (
                <Button
                  small
                  kind="ghost"
                  aria-label={`Change the budget of ${budgetName(one)}…`}
                  onClick={() => onFolder(folder)}
                >
                  Change…
                </Button>
              )}
            </p>
          </li>
        );
      })}
    </ul>
  );
}

const gone = ({ budget }: OwnedBudget) =>
  `${usd(budget.spentUsd)}${budget.usd === null ? "" : ` of ${usd(budget.usd)}`}`;

function standing({ budget, forecast }: OwnedBudget) {
  if (budget.usd === null) {
    const share = budget.tokens ? budget.spentTokens / budget.tokens : null;
    return { share, colour: "var(--accent)" };
  }
  const cap = Math.max(Number(budget.usd), 1e-9);
  const share = Number(budget.spentUsd) / cap;
  const colour = share >= 1 ? "var(--danger)" : forecast?.reachedAt ? "var(--warn)" : "var(--accent)";
  return { share, colour, ...(forecast && { tick: Math.min(1, Number(forecast.usd) / cap) }) };
}

function foretold({ budget, forecast }: OwnedBudget): string {
  const tokens =
    budget.tokens === null ? "" : `${count(budget.spentTokens)} of ${count(budget.tokens)} tokens. `;
  const until =
    budget.until === null ? "It never begins anew." : `It begins anew on ${moment(budget.until)}.`;
  if (budget.usd !== null && Number(budget.spentUsd) >= Number(budget.usd))
    return `${tokens}Used up. ${until}`;
  if (!forecast) return `${tokens}${until}`;
  const end = `≈\u00a0${usd(forecast.usd)} by then, if spending goes on as it has.`;
  return forecast.reachedAt
    ? `${tokens}Used up on ${moment(forecast.reachedAt)}, if spending goes on as it has. ${until}`
    : `${tokens}${until.replace(/\.$/, ":")} ${end}`;
}
