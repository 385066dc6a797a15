import { Check, Split, Tags } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Field, Input } from "@/components/Field";
import { EmptyState, ErrorState, Skeleton } from "@/components/States";
import { Table, TableRow } from "@/components/Table";
import { notify } from "@/components/toasts";
import { ipc, reason, type DoubtfulName } from "@/ipc";
import { counted } from "@/lib/sizes";
import { useAll, useChange, useDoubts, useNames } from "./api";
import styles from "./Pages.module.css";
import { Bar, ModelName } from "./words";

/** Names whose model is not sure, for a yes or no; and what was said of names. */
export function Names() {
  const { data, error, refetch } = useDoubts();
  const answer = useChange(async ({ name, model, same }: DoubtfulName & { same: boolean }) => {
    await ipc().answerDoubt(name, same);
    notify({
      text: same ? `${name} is ${model}` : `${name} is a model of its own`,
      action: { label: "Undo", run: () => back.mutate(name) },
    });
  });
  const back = useChange((name: string) => ipc().setModelName(name, null));
  return (
    <>
      <header className={styles.bar}>
        <h2>Names</h2>
        <span className={styles.hint}>
          {data && data.length > 0
            ? `${counted(data.length, "name")} of lists may be a known model`
            : "one model has many names; yours count before all else"}
        </span>
      </header>
      <div className={styles.scroller} tabIndex={0} role="group" aria-label="Names of models">
        {error && !data ? (
          <ErrorState title="The names cannot be read" why={reason(error)} onRetry={() => void refetch()} />
        ) : !data ? (
          <Skeleton rows={8} label="Reading the names" />
        ) : data.length > 0 ? (
          <Table
            label="Doubtful names"
            columns={[
              { title: "Name" },
              { title: "Most likely" },
              { title: "Likeness", width: "116px" },
              { title: "List", width: "100px", extra: true },
              { title: "Same model?", width: "214px", right: true },
            ]}
          >
            {data.map((doubt) => (
              <TableRow key={doubt.name}>
                <td title={doubt.name}>
                  <bdi>{doubt.name}</bdi>
                </td>
                <td title={doubt.model}>
                  <ModelName model={doubt.model} />
                </td>
                <td>
                  <span className={styles.likeness}>
                    <Bar value={doubt.score ?? 0} />
                    {doubt.score?.toFixed(2)}
                  </span>
                </td>
                <td data-extra="true">{doubt.source}</td>
                <td data-right>
                  <Button
                    small
                    aria-label={`Same model: ${doubt.name} is ${doubt.model}`}
                    onClick={() => answer.mutate({ ...doubt, same: true })}
                  >
                    <Check size={12} />
                    Same model
                  </Button>{" "}
                  <Button
                    small
                    kind="ghost"
                    aria-label={`Another: ${doubt.name} is a model of its own`}
                    onClick={() => answer.mutate({ ...doubt, same: false })}
                  >
                    <Split size={12} />
                    Another
                  </Button>
                </td>
              </TableRow>
            ))}
          </Table>
        ) : (
          <EmptyState icon={<Tags size={20} />} title="No doubtful names">
            Every name of the lists that were taken is known for sure, or is clearly a model of its own. Names
            that a new list brings and that look like a known model will stand here.
          </EmptyState>
        )}
        <Settled />
      </div>
    </>
  );
}

function Settled() {
  const { data, error } = useNames();
  const { data: all } = useAll();
  const [name, setName] = useState("");
  const [model, setModel] = useState("");
  const [tried, setTried] = useState(false);
  const set = useChange(async ({ name, model }: { name: string; model: string | null }) => {
    await ipc().setModelName(name, model);
    if (model === null) return;
    setName("");
    setModel("");
    setTried(false);
  });
  const models = [...new Set(all?.models.map((entry) => entry.model))];
  const missing = (text: string) => (tried && !text.trim() ? "needed" : undefined);
  return (
    <section className={styles.section} aria-label="Your words on names">
      <h3>Your words on names</h3>
      <form
        className={styles.line}
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (name.trim() && model.trim()) set.mutate({ name: name.trim(), model: model.trim() });
        }}
      >
        <Field label="The name" error={missing(name)}>
          {(tie) => (
            <Input
              {...tie}
              value={name}
              placeholder="my-deployment"
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label="means the model" error={missing(model)}>
          {(tie) => (
            <Input
              {...tie}
              value={model}
              list="known-models"
              placeholder="anthropic/claude-sonnet-4.5"
              onChange={(event) => setModel(event.target.value)}
            />
          )}
        </Field>
        <datalist id="known-models">
          {models.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <Button type="submit" busy={set.isPending}>
          Say so
        </Button>
      </form>
      {error ? (
        <p className={styles.words}>They cannot be read: {reason(error)}</p>
      ) : data && data.length > 0 ? (
        <Table
          label="Your words on names"
          columns={[{ title: "Name" }, { title: "Means" }, { title: "Acts", width: "110px", silent: true }]}
        >
          {data.map((one) => (
            <TableRow key={one.name}>
              <td>
                <bdi>{one.name}</bdi>
              </td>
              <td>{one.model === one.name ? "a model of its own" : <ModelName model={one.model} />}</td>
              <td data-right>
                <Button
                  small
                  kind="ghost"
                  aria-label={`Take back what ${one.name} means`}
                  onClick={() => set.mutate({ name: one.name, model: null })}
                >
                  Take back
                </Button>
              </td>
            </TableRow>
          ))}
        </Table>
      ) : null}
    </section>
  );
}
