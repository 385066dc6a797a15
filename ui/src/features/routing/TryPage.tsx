import { FlaskRound, Search } from "lucide-react";
import { useId, useState, type FormEvent } from "react";
import { Button } from "@/components/Button";
import { DecisionFacts, DecisionView, PartsLegend, Ranking } from "@/components/decision";
import { Dialog } from "@/components/Dialog";
import { Input } from "@/components/Field";
import { Note } from "@/components/Note";
import { Select } from "@/components/Select";
import { EmptyState, Skeleton } from "@/components/States";
import { Switch } from "@/components/Switch";
import { tried as asked } from "@/components/tried";
import { ipc, reason, type Decision, type PolicyList } from "@/ipc";
import { useTrial } from "./api";
import { Abilities } from "./Constraints";
import { PromptBox } from "./PromptBox";
import styles from "./Routing.module.css";
import { nobodyIn } from "./words";
import { setTried, showPolicy, useView } from "./view";

/** One prompt, and everything that a route makes of it. */
export function TryPage({ policies, onProviders }: { policies: PolicyList; onProviders: () => void }) {
  const { tried, policy } = useView();
  const name = policies.items.some((one) => one.name === policy) ? policy : policies.default;
  const trial = useTrial(
    {
      prompt: tried.prompt,
      policy: name,
      needs: [...tried.needs],
      maxTokens: null,
      important: tried.important,
    },
    null,
  );
  return (
    <>
      <header className={styles.bar}>
        <FlaskRound size={14} aria-hidden="true" />
        <h1>Try a prompt</h1>
        <span className={styles.quiet}>nothing is sent</span>
        <span className={styles.space} />
        <LookUp />
        <Select
          small
          className={styles.select}
          label="Policy"
          value={name}
          options={policies.items.map((one) => ({
            value: one.name,
            label: one.name,
            ...(one.name === policies.default && { hint: "auto" }),
          }))}
          onChange={(next) => useView.setState({ policy: next })}
        />
        <Button small kind="ghost" onClick={() => name && showPolicy(name)}>
          Edit the policy
        </Button>
      </header>
      <div className={styles.scroll} tabIndex={-1}>
        <div className={styles.halves}>
          <div>
            <PromptBox rows={9} />
            <div className={styles.settings}>
              <div className={styles.setting}>
                <span>makes use of</span>
                <span className={styles.beside}>
                  <Abilities
                    label="Makes use of"
                    chosen={tried.needs}
                    onChange={(needs) => setTried({ needs })}
                  />
                </span>
              </div>
              <div className={styles.setting}>
                <span>important</span>
                <span className={styles.beside}>
                  <Switch
                    label="Important"
                    checked={tried.important}
                    onChange={(important) => setTried({ important })}
                  />
                  <span className={styles.quiet}>nobody is tried out with it</span>
                </span>
              </div>
            </div>
          </div>
          {trial.data ? (
            <div
              data-stale={trial.isPlaceholderData || undefined}
              className={styles.stale}
              aria-live="polite"
            >
              <DecisionFacts decision={trial.data} />
            </div>
          ) : (
            !trial.error && <Skeleton rows={8} label="Deciding" />
          )}
        </div>
        {trial.error && (
          <Note tone="danger" role="alert" className={styles.note}>
            It cannot be decided: {reason(trial.error)}
          </Note>
        )}
        {trial.data && (
          <section className={styles.live} aria-label="Candidates">
            <header className={styles.head}>
              <h2>Candidates</h2>
              <span className={styles.quiet}>press one for what its score rests on</span>
              <span className={styles.space} />
              <PartsLegend candidates={trial.data.candidates} />
            </header>
            {nobodyIn(trial.data) ? (
              <EmptyState
                title="Nobody to choose from"
                action={
                  <Button kind="primary" onClick={onProviders}>
                    Connect a provider
                  </Button>
                }
              >
                A route chooses among the models of your providers; connect one, and see here whom it would
                ask.
              </EmptyState>
            ) : (
              <div data-stale={trial.isPlaceholderData || undefined} className={styles.stale}>
                <Ranking decision={trial.data} />
              </div>
            )}
          </section>
        )}
      </div>
    </>
  );
}

/** A decision of the past, by the id that an answer's head carried. */
function LookUp() {
  const [id, setId] = useState("");
  const [found, setFound] = useState<Decision | null | "none">(null);
  const field = useId();
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (!id.trim()) return;
    const decision = await asked(() => ipc().routeDecision(id.trim()));
    if (decision !== undefined) setFound(decision ?? "none");
  };
  return (
    <form className={styles.lookup} onSubmit={(event) => void onSubmit(event)}>
      <label className="srOnly" htmlFor={field}>
        Id of a decision
      </label>
      <Input
        id={field}
        small
        mono
        placeholder="x-orchesity-decision"
        title="The id of a decision, as x-orchesity-decision has it"
        value={id}
        onChange={(event) => setId(event.target.value)}
      />
      <Button small kind="ghost" type="submit" disabled={!id.trim()}>
        <Search size={12} />
        <span>Look up</span>
      </Button>
      <Dialog title="Decision" size="wide" open={found !== null} onClose={() => setFound(null)}>
        {found === "none" ? (
          <p className={styles.said}>Nothing was decided for this call: it named a model.</p>
        ) : (
          found && <DecisionView decision={found} />
        )}
      </Dialog>
    </form>
  );
}
