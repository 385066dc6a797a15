import { CopyPlus, Ellipsis, Route } from "lucide-react";
import { useState } from "react";
import { Badge } from "@/components/Badge";
import { Button, IconButton } from "@/components/Button";
import { Confirm } from "@/components/Confirm";
import { DecisionFacts, PartsLegend, Ranking, complexityWord } from "@/components/decision";
import { Menu } from "@/components/Menu";
import { Note } from "@/components/Note";
import { EmptyState, Skeleton } from "@/components/States";
import { ipc, reason, type Decision, type Policy, type PolicyList } from "@/ipc";
import { count } from "@/lib/figures";
import { duplicate, makeDefault, saveDraft } from "./acts";
import { useTrial } from "./api";
import { Constraints } from "./Constraints";
import { NameField } from "./NameField";
import styles from "./Routing.module.css";
import { PromptBox } from "./PromptBox";
import { change, changesOf, discard, useView } from "./view";
import { Weights } from "./Weights";
import { nobodyIn, plural } from "./words";

type Props = { policies: PolicyList; onProviders: () => void };

/** One policy: what it weighs and asks for, and whom it would choose as it stands, saved or not. */
export function PolicyPage({ policies, onProviders }: Props) {
  const { policy: chosen, drafts, fresh, tried } = useView();
  const name = chosen ?? policies.default;
  const saved = policies.items.find((one) => one.name === name);
  const policy = drafts[name] ?? saved ?? policies.items[0];
  const dirty = drafts[name] !== undefined;
  const isNew = fresh.includes(name);
  const changes = policy && saved && !isNew ? changesOf(saved, policy).length : 0;
  const trial = useTrial(
    {
      prompt: tried.prompt,
      policy: null,
      needs: [...tried.needs],
      maxTokens: null,
      important: tried.important,
    },
    policy ?? null,
  );
  if (!policy) return null;
  const onChange = (now: Partial<Policy>) => change(saved, { ...policy, ...now });
  const problem = trial.error ? reason(trial.error) : null;
  return (
    <>
      <PolicyBar policy={policy} policies={policies} dirty={dirty} isNew={isNew} changes={changes} />
      <div className={styles.scroll} tabIndex={-1}>
        {isNew && <NameField policy={policy} taken={policies.items.map((one) => one.name)} />}
        <div className={styles.halves}>
          <Weights policy={policy} problem={problem} onChange={onChange} />
          <Constraints policy={policy} onChange={onChange} />
        </div>
        <section aria-label="Live ranking" className={styles.live}>
          <header className={styles.head}>
            <h2>Live ranking</h2>
            <span className={styles.quiet}>{trial.data && takenFor(trial.data)}</span>
            <span className={styles.space} />
            {trial.data && <PartsLegend candidates={trial.data.candidates} />}
          </header>
          {problem && (
            <Note tone="danger" role="alert" className={styles.note}>
              This policy cannot be used as it is: {problem}
              {trial.data && ". The ranking below is the last one that could be made."}
            </Note>
          )}
          {trial.data && nobodyIn(trial.data) ? (
            <EmptyState
              icon={<Route size={20} />}
              title="Nobody to choose from"
              action={
                <Button kind="primary" onClick={onProviders}>
                  Connect a provider
                </Button>
              }
            >
              A route chooses among the models of your providers. As soon as one is connected, this ranks its
              models for a prompt, and shows why.
            </EmptyState>
          ) : trial.data ? (
            <div data-stale={trial.isPlaceholderData || undefined} className={styles.stale}>
              <Ranking decision={trial.data} label="Live ranking" />
            </div>
          ) : (
            !problem && <Skeleton rows={8} label="Ranking" />
          )}
        </section>
        <div className={styles.halves}>
          <PromptBox rows={5} />
          {trial.data && !nobodyIn(trial.data) && <DecisionFacts decision={trial.data} />}
        </div>
      </div>
    </>
  );
}

/** `for code, hard, 22 tokens` */
function takenFor({ routed }: Decision): string {
  if (!routed) return "";
  return `for ${routed.class}, ${complexityWord(routed.complexity ?? 0)}, ≈\u00a0${count(routed.inputTokens)} tokens`;
}

type BarProps = { policy: Policy; policies: PolicyList; dirty: boolean; isNew: boolean; changes: number };

function PolicyBar({ policy, policies, dirty, isNew, changes }: BarProps) {
  const [removing, setRemoving] = useState(false);
  const { name, builtIn, profile } = policy;
  const isDefault = policies.default === name;
  const saved = policies.items.find((one) => one.name === name);
  const own = saved !== undefined && !saved.builtIn;
  const replaces = own && name === profile;
  return (
    <header className={styles.bar}>
      <Route size={14} aria-hidden="true" />
      <h1>
        <bdi>{name}</bdi>
      </h1>
      {isDefault && <Badge>default for auto</Badge>}
      {!isDefault && !isNew && <span className={styles.quiet}>auto:{name}</span>}
      {replaces && <Badge>takes the place of the shipped one</Badge>}
      <span className={styles.quiet} role="status">
        {isNew ? "not saved yet" : dirty ? `${plural(changes, "unsaved change")}` : ""}
      </span>
      <span className={styles.space} />
      <Button
        small
        kind="ghost"
        aria-label="Duplicate"
        onClick={() =>
          duplicate(policy, [...policies.items.map((one) => one.name), ...(isNew ? [name] : [])])
        }
      >
        <CopyPlus size={12} />
        <span>Duplicate</span>
      </Button>
      <Button small kind="ghost" disabled={!dirty} onClick={() => discard(name)}>
        Discard
      </Button>
      <Button
        small
        kind="primary"
        keys="Mod+S"
        disabled={!dirty}
        title={
          builtIn ? "Written to config.toml; it takes the place of the shipped one" : "Written to config.toml"
        }
        onClick={() => void saveDraft()}
      >
        Save
      </Button>
      <Menu
        align="end"
        trigger={
          <IconButton label="More for this policy">
            <Ellipsis size={14} />
          </IconButton>
        }
        entries={[
          {
            label: "Make it what auto means",
            disabled: isDefault || isNew,
            run: () => void makeDefault(name),
          },
          "line",
          {
            label: replaces ? "Bring back the shipped one…" : "Delete…",
            danger: true,
            disabled: !own || isNew,
            run: () => setRemoving(true),
          },
        ]}
      />
      <Confirm
        title={replaces ? `Bring back the shipped ${name}?` : `Delete the policy ${name}?`}
        open={removing}
        onClose={() => setRemoving(false)}
        action={replaces ? "Bring back" : "Delete"}
        danger
        onConfirm={async () => {
          await ipc().removePolicy(name);
          discard(name);
          if (!replaces) useView.setState({ policy: null });
        }}
      >
        Its lines go out of config.toml; the comments in them go along.{" "}
        {replaces
          ? "What you set in it is lost, and the policy is as it came."
          : `Who asks for auto:${name} is told that there is no such policy.`}
      </Confirm>
    </header>
  );
}
