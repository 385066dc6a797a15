import { Field, Input } from "@/components/Field";
import { periods, type Caps, type Wrong } from "@/lib/caps";
import styles from "./Budgets.module.css";

type Props = {
  caps: Caps;
  wrong: Wrong;
  onChange: (caps: Caps) => void;
};

/** Most dollars and most tokens of each period. */
export function CapFields({ caps, wrong, onChange }: Props) {
  const { usd, tokens } = caps;
  return (
    <fieldset className={styles.set}>
      <legend>Budgets</legend>
      <div className={styles.three}>
        {periods.map(({ id, title, per }) => (
          <div key={id} className={styles.pair}>
            <Field label={`${title}, $`} error={wrong[`usd.${id}`]}>
              {(tied) => (
                <Input
                  {...tied}
                  inputMode="decimal"
                  placeholder="no limit"
                  aria-label={`Dollars ${per}`}
                  value={usd[id]}
                  onChange={(event) => onChange({ tokens, usd: { ...usd, [id]: event.target.value } })}
                />
              )}
            </Field>
            <Field label="tokens" error={wrong[`tokens.${id}`]}>
              {(tied) => (
                <Input
                  {...tied}
                  inputMode="numeric"
                  placeholder="no limit"
                  aria-label={`Tokens ${per}`}
                  value={tokens[id]}
                  onChange={(event) => onChange({ usd, tokens: { ...tokens, [id]: event.target.value } })}
                />
              )}
            </Field>
          </div>
        ))}
      </div>
    </fieldset>
  );
}
