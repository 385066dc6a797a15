import { Field, TextArea } from "@/components/Field";
import { Switch } from "@/components/Switch";
import type { Policy, Weights as All } from "@/ipc";
import styles from "./Routing.module.css";

type Props = {
  policy: Policy;
  /** Why the policy cannot be used as it is. */
  problem: string | null;
  onChange: (now: Partial<Policy>) => void;
};

const names: readonly { name: keyof All; title: string }[] = [
  { name: "quality", title: "published scores for the prompt’s class" },
  { name: "speed", title: "how soon the whole answer would be there" },
  { name: "cost", title: "what this request would cost" },
  { name: "availability", title: "how often it could be asked" },
  { name: "reliability", title: "how often an answer came to its end" },
  { name: "context", title: "how much it can read" },
];

/** How much each part of a score counts: sliders, or an expression in their place. */
export function Weights({ policy, problem, onChange }: Props) {
  const { weights, score, adapt } = policy;
  const sum = names.reduce((all, { name }) => all + (weights[name] ?? 0), 0);
  const most = Math.max(1, ...names.map(({ name }) => weights[name] ?? 0));
  const expression = score !== null;
  const wrong = expression && problem !== null && problem.includes("expression") ? problem : undefined;
  return (
    <section className={styles.half} aria-label="Weights">
      <header className={styles.title}>
        <h2>Weights</h2>
        <span className={styles.quiet}>shares of what they add up to</span>
      </header>
      {names.map(({ name, title }) => {
        const weight = weights[name] ?? 0;
        const share = sum > 0 ? weight / sum : 0;
        return (
          <label key={name} className={styles.weight} title={title} data-off={expression || undefined}>
            <span>{name}</span>
            <input
              type="range"
              min={0}
              max={most}
              step={0.01}
              value={weight}
              disabled={expression}
              aria-label={`Weight of ${name}`}
              aria-valuetext={`${weight.toFixed(2)}, ${Math.round(share * 100)} % of the score`}
              style={{ "--v": `${(weight / most) * 100}%` } as React.CSSProperties}
              onChange={(event) =>
                onChange({ weights: { ...weights, [name]: Number(Number(event.target.value).toFixed(2)) } })
              }
            />
            <output>{Math.round(share * 100)}&thinsp;%</output>
          </label>
        );
      })}
      <div className={styles.setting}>
        <span>by difficulty</span>
        <span className={styles.beside}>
          <Switch
            label="By difficulty"
            checked={adapt}
            disabled={expression}
            onChange={(on) => onChange({ adapt: on })}
          />
          <span className={styles.quiet}>the harder a prompt, the more quality counts</span>
        </span>
      </div>
      <div className={styles.setting}>
        <span>expression</span>
        <span className={styles.beside}>
          <Switch
            label="Score by an expression"
            checked={expression}
            onChange={(on) => onChange({ score: on ? written(weights) : null })}
          />
          <span className={styles.quiet}>in the place of the weights</span>
        </span>
      </div>
      {expression && (
        <Field
          className={styles.expression}
          label="Score"
          error={wrong}
          hint="Parts above, and preference, complexity, strength, input_tokens, output_tokens, usd, first_s; + - * / ^, min, max, ln, exp, sqrt"
        >
          {(field) => (
            <TextArea
              {...field}
              mono
              rows={2}
              value={score}
              onChange={(event) => onChange({ score: event.target.value })}
            />
          )}
        </Field>
      )}
    </section>
  );
}

/** The weights as an expression: something to begin with. */
const written = (weights: All): string =>
  names
    .filter(({ name }) => (weights[name] ?? 0) > 0)
    .map(({ name }) => `${weights[name]}*${name}`)
    .join(" + ") || "quality";
