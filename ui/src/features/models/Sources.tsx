import { Check, FileUp, Globe, RefreshCw, TriangleAlert, X } from "lucide-react";
import { useState } from "react";
import { State } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Confirm } from "@/components/Confirm";
import { Dialog } from "@/components/Dialog";
import { Field, Input } from "@/components/Field";
import { FormEnd } from "@/components/FormEnd";
import { Note } from "@/components/Note";
import { ErrorState, Skeleton } from "@/components/States";
import { Switch } from "@/components/Switch";
import { Table, TableRow } from "@/components/Table";
import { notify } from "@/components/toasts";
import { ipc, reason, type CatalogSource, type PriceChange, type Prices } from "@/ipc";
import { counted } from "@/lib/sizes";
import { ago, day, moment } from "@/lib/time";
import { syncedText, useCatalogState, useChange, useHeld, useSync } from "./api";
import styles from "./Pages.module.css";
import { perMillion } from "./words";

/** Where the catalog is from: lists, how they are, and prices that wait for a yes. */
export function Sources() {
  const { data, error, refetch } = useCatalogState();
  const sync = useSync();
  const [asking, setAsking] = useState<"address" | "file" | null>(null);
  const schedule = useChange((on: boolean) => ipc().setCatalogSchedule(on));
  return (
    <>
      <header className={styles.bar}>
        <h2>Sources</h2>
        <label className={styles.switch}>
          <Switch
            label="Look at the lists by itself"
            checked={data?.scheduled ?? false}
            disabled={!data}
            onChange={(on) => schedule.mutate(on)}
          />
          <span className={styles.hint} aria-hidden="true">
            look at the lists by itself
          </span>
        </label>
        <span className={styles.space} />
        <Button small onClick={() => setAsking("file")}>
          <FileUp size={12} />
          From a file…
        </Button>
        <Button small onClick={() => setAsking("address")}>
          <Globe size={12} />
          From an address…
        </Button>
        <Button small kind="primary" busy={sync.isPending} onClick={() => sync.mutate(undefined)}>
          {!sync.isPending && <RefreshCw size={12} />}
          Sync now
        </Button>
      </header>
      <div className={styles.scroller} tabIndex={0} role="group" aria-label="Sources of the catalog">
        {error && !data ? (
          <ErrorState title="The sources cannot be read" why={reason(error)} onRetry={() => void refetch()} />
        ) : !data ? (
          <Skeleton rows={6} label="Reading the sources" />
        ) : (
          <>
            <Held />
            <Table
              label="Lists"
              columns={[
                { title: "List", width: "150px" },
                { title: "From" },
                { title: "Models", width: "76px", right: true },
                { title: "Synced", width: "104px" },
                { title: "Next", width: "116px", extra: true },
                { title: "How it is", width: "220px" },
              ]}
            >
              <TableRow>
                <td>bundled</td>
                <td className={styles.quiet}>came with the program, works offline</td>
                <td data-right>{data.bundled.toLocaleString("en-US")}</td>
                <td>{day(data.bundledOn)}</td>
                <td data-extra="true">–</td>
                <td>
                  <State tone="ok" icon={<Check size={12} />}>
                    in force
                  </State>
                </td>
              </TableRow>
              {data.sources.map((source) => (
                <Source key={source.source} source={source} scheduled={data.scheduled} />
              ))}
            </Table>
            <p className={styles.words}>
              Later lists go over what is bundled, figure by figure; yours go over all of them. Nothing is
              asked for unless you sync, or let it look by itself. A list that cannot be had or read leaves
              the last good one in force.
            </p>
          </>
        )}
      </div>
      {asking !== null && <TakeList from={asking} onClose={() => setAsking(null)} />}
    </>
  );
}

function Source({ source, scheduled }: { source: CatalogSource; scheduled: boolean }) {
  const { url, syncedAt, nextAt, problem, failures } = source;
  return (
    <TableRow>
      <td title={source.source}>{source.source}</td>
      <td className={styles.quiet} title={url ?? undefined}>
        {url?.replace("https://", "") ?? "a file"}
      </td>
      <td data-right>{syncedAt === null ? "–" : source.models.toLocaleString("en-US")}</td>
      <td title={syncedAt === null ? undefined : moment(syncedAt)}>
        {syncedAt === null ? "never" : ago(syncedAt)}
      </td>
      <td data-extra="true" title={nextAt === null ? undefined : moment(nextAt)}>
        {nextAt === null ? (scheduled ? "–" : "by hand") : soon(nextAt)}
      </td>
      <td title={problem ?? undefined}>
        {problem !== null ? (
          <span className={styles.failed}>
            <TriangleAlert size={12} />
            {failures > 1 ? `failed ${failures} times: ` : "failed: "}
            {problem}
          </span>
        ) : syncedAt === null ? (
          <span className={styles.quiet}>not taken yet</span>
        ) : (
          <State tone="ok" icon={<Check size={12} />}>
            in force
          </State>
        )}
      </td>
    </TableRow>
  );
}

/** `in 3 h`, `now` */
export function soon(at: string, now = Date.now()): string {
  const minutes = Math.round((Date.parse(at) - now) / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `in ${minutes} min`;
  return minutes < 36 * 60 ? `in ${Math.round(minutes / 60)} h` : `in ${Math.round(minutes / 60 / 24)} days`;
}

/** Prices that jumped: what was known stays until somebody says yes. */
function Held() {
  const { data, error } = useHeld();
  const [all, setAll] = useState(false);
  const answer = useChange(async ({ model, accept }: { model: string | null; accept: boolean }) => {
    const count = await ipc().answerHeld(model, accept);
    notify({
      text: accept
        ? `${counted(count, "price")} taken over`
        : `${counted(count, "price")} refused, until the list says something else`,
    });
  });
  if (error) return <Note tone="warn">Prices that wait cannot be read: {reason(error)}</Note>;
  if (!data || data.length === 0) return null;
  return (
    <section className={styles.held} aria-label="Prices that wait for a yes">
      <div className={styles.heldHead}>
        <h3>
          <TriangleAlert size={12} />
          {counted(data.length, "price")} jumped more than tenfold and {data.length === 1 ? "waits" : "wait"}{" "}
          for a yes
        </h3>
        {data.length > 1 && (
          <Button small onClick={() => setAll(true)}>
            Accept all {data.length}
          </Button>
        )}
      </div>
      <Table
        label="Prices that wait for a yes"
        columns={[
          { title: "Model" },
          { title: "List", width: "100px", extra: true },
          { title: "Known: in, out", width: "150px", right: true },
          { title: "The list says", width: "150px", right: true },
          { title: "Take it?", width: "204px", right: true },
        ]}
      >
        {data.map((held) => (
          <HeldRow
            key={`${held.source} ${held.provider}/${held.model}`}
            held={held}
            onAnswer={answer.mutate}
          />
        ))}
      </Table>
      <Confirm
        title={`Accept all ${data.length} prices?`}
        open={all}
        onClose={() => setAll(false)}
        action="Accept all"
        onConfirm={() => answer.mutateAsync({ model: null, accept: true })}
      >
        Costs, budgets and routes count with them from then on. A price that jumps so far is most often a
        mistake of the list.
      </Confirm>
    </section>
  );
}

const both = ({ input, output }: Prices) => `${perMillion(input)}, ${perMillion(output)}`;

function HeldRow({
  held,
  onAnswer,
}: {
  held: PriceChange;
  onAnswer: (answer: { model: string; accept: boolean }) => void;
}) {
  const model = `${held.provider}/${held.model}`;
  return (
    <TableRow>
      <td title={model}>
        <bdi>{model}</bdi>
      </td>
      <td data-extra="true">{held.source}</td>
      <td data-right>{both(held.old)}</td>
      <td data-right className={styles.new}>
        {both(held.new)}
      </td>
      <td data-right>
        <Button
          small
          aria-label={`Accept the price of ${model}`}
          onClick={() => onAnswer({ model, accept: true })}
        >
          <Check size={12} />
          Accept
        </Button>{" "}
        <Button
          small
          kind="ghost"
          aria-label={`Refuse the price of ${model}`}
          onClick={() => onAnswer({ model, accept: false })}
        >
          <X size={12} />
          Refuse
        </Button>
      </td>
    </TableRow>
  );
}

/** A list from a file or an address. */
function TakeList({ from, onClose }: { from: "address" | "file"; onClose: () => void }) {
  const [url, setUrl] = useState("");
  const [provider, setProvider] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const take = useChange(async () => {
    setProblem(null);
    try {
      const done =
        from === "file" ? await ipc().syncCatalogFile(provider) : await ipc().syncCatalogFrom(url, provider);
      // Nothing was chosen: the question is still there.
      if (done === null) return;
      notify({ text: syncedText(done) });
      onClose();
    } catch (error) {
      setProblem(reason(error));
    }
  });
  return (
    <Dialog
      title={from === "file" ? "Take a list from a file" : "Take a list from an address"}
      open
      onClose={onClose}
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          take.mutate(undefined);
        }}
      >
        <p className={styles.words}>
          LiteLLM’s prices, models.dev’s api.json, OpenRouter’s models, LMArena’s csv, a provider’s own list
          or Hugging Face’s metadata; which of them it is, is seen in it. It is taken whole or not at all.
        </p>
        {from === "address" && (
          <Field label="Address">
            {(tie) => (
              <Input
                {...tie}
                type="url"
                required
                value={url}
                placeholder="https://models.dev/api.json"
                onChange={(event) => setUrl(event.target.value)}
              />
            )}
          </Field>
        )}
        <Field
          label="Whose list"
          hint="only for a provider’s own list, or to say which leaderboard it is: lmarena-coding"
        >
          {(tie) => (
            <Input
              {...tie}
              value={provider}
              placeholder="seen in it"
              onChange={(event) => setProvider(event.target.value)}
            />
          )}
        </Field>
        <FormEnd
          problem={problem}
          action={from === "file" ? "Choose the file" : "Take it"}
          busy={take.isPending}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  );
}
