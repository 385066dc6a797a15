import { Bug, Square } from "lucide-react";
import { useState, type FormEvent } from "react";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Note } from "@/components/Note";
import { Segments } from "@/components/Segments";
import { Select } from "@/components/Select";
import { EmptyState, ErrorState, Skeleton } from "@/components/States";
import { Table, TableRow } from "@/components/Table";
import { notify } from "@/components/toasts";
import { attempt } from "@/components/tried";
import { ipc, reason, type Fault, type Simulation } from "@/ipc";
import { duration } from "@/lib/figures";
import { useNow } from "@/lib/time";
import { useFaults } from "./api";
import { NumberField } from "./NumberField";
import { PickDialog } from "./PickDialog";
import styles from "./Routing.module.css";
import { faultWords, plural } from "./words";

type Kind = Fault["type"];

const kinds: readonly { value: Kind; label: string }[] = [
  { value: "down", label: "Down" },
  { value: "slow", label: "Slow" },
  { value: "rateLimited", label: "429" },
  { value: "cut", label: "Cut" },
];
const times = [
  { value: "60000", label: "1 minute" },
  { value: "300000", label: "5 minutes" },
  { value: "900000", label: "15 minutes" },
  { value: "3600000", label: "1 hour" },
  { value: "86400000", label: "1 day" },
];

/** Calls that are made to fail on purpose, to see what becomes of it. */
export function FaultsPage() {
  const faults = useFaults();
  const { data, error, refetch } = faults;
  const now = useNow((data?.length ?? 0) > 0);
  const endAll = () =>
    void attempt(async () => notify({ text: `Ended ${plural(await ipc().endSimulations(null), "fault")}` }));
  return (
    <>
      <header className={styles.bar}>
        <Bug size={14} aria-hidden="true" />
        <h1>Simulated faults</h1>
        <span className={styles.quiet}>see an outage survived, without one</span>
        <span className={styles.space} />
        <Button small kind="ghost" disabled={!data?.length} onClick={endAll}>
          <Square size={12} />
          End all
        </Button>
      </header>
      <div className={styles.scroll} tabIndex={-1}>
        <NewFault />
        <section className={styles.part} aria-label="Faults in force">
          <header className={styles.title}>
            <h2>In force</h2>
            <span className={styles.quiet}>they befall all calls of this window and its gateway</span>
          </header>
          {error && !data ? (
            <ErrorState
              title="The faults cannot be read"
              why={reason(error)}
              onRetry={() => void refetch()}
            />
          ) : !data ? (
            <Skeleton rows={3} label="Reading the faults" />
          ) : data.length === 0 ? (
            <EmptyState icon={<Bug size={20} />} title="No fault is simulated">
              Simulate that a provider is down, slow, refuses, or breaks off: then ask, and see who answers
              instead, what the breaker does, and how long it takes. It ends by itself, and when the app
              closes.
            </EmptyState>
          ) : (
            <InForce faults={data} now={now} />
          )}
        </section>
      </div>
    </>
  );
}

function NewFault() {
  const [on, setOn] = useState<string | null>(null);
  const [kind, setKind] = useState<Kind>("down");
  const [amount, setAmount] = useState<number | null>(null);
  const [lasts, setLasts] = useState("300000");
  const [share, setShare] = useState<number | null>(null);
  const [seed, setSeed] = useState(1);
  const [picking, setPicking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (on === null) return setProblem("choose whom it befalls: a provider, or one of its models");
    setProblem(null);
    try {
      await ipc().simulateFault({
        on,
        fault: faultOf(kind, amount),
        forMs: Number(lasts),
        share: share === null || share === 100 ? null : share / 100,
        seed,
      });
      notify({ text: `${on} is simulated to be ${faultWords(faultOf(kind, amount))}`, tone: "warn" });
    } catch (error) {
      setProblem(reason(error));
    }
  };
  return (
    <form className={styles.part} aria-label="New fault" onSubmit={(event) => void onSubmit(event)}>
      <header className={styles.title}>
        <h2>New fault</h2>
      </header>
      <div className={styles.fields}>
        <Field label="On">
          {(field) => (
            <Button
              {...field}
              className={styles.pick}
              aria-label={on === null ? "Choose a provider or model" : `Befalls ${on}`}
              onClick={() => setPicking(true)}
            >
              <bdi>{on ?? "Choose a provider or model"}</bdi>
            </Button>
          )}
        </Field>
        <div className={styles.column}>
          <span className={styles.label}>Fault</span>
          <span className={styles.beside}>
            <Segments
              label="Fault"
              value={kind}
              options={[...kinds]}
              onChange={(next) => {
                setKind(next);
                setAmount(null);
              }}
            />
            {kind === "slow" && (
              <NumberField
                label="How late"
                value={(amount ?? 2_000) / 1_000}
                min={0.001}
                max={600}
                after="s late"
                onChange={(s) => setAmount(Math.round((s ?? 0) * 1_000))}
              />
            )}
            {kind === "rateLimited" && (
              <NumberField
                label="Come again after"
                before="again in"
                value={amount === null ? null : amount / 1_000}
                min={0.001}
                max={3_600}
                placeholder="?"
                after="s"
                onChange={(s) => setAmount(s === null ? null : Math.round(s * 1_000))}
              />
            )}
            {kind === "cut" && (
              <NumberField
                label="Pieces before the cut"
                before="after"
                value={amount ?? 5}
                min={0}
                max={100_000}
                after="pieces"
                onChange={(n) => setAmount(Math.round(n ?? 0))}
              />
            )}
          </span>
        </div>
        <div className={styles.column}>
          <span className={styles.label}>For</span>
          <Select small label="For how long" value={lasts} options={times} onChange={setLasts} />
        </div>
        <div className={styles.column}>
          <span className={styles.label}>Of all calls</span>
          <NumberField
            label="Share of calls"
            value={share}
            min={0.1}
            max={100}
            placeholder="100"
            after="%"
            onChange={setShare}
          />
        </div>
        <div className={styles.column}>
          <span className={styles.label}>Seed</span>
          <NumberField
            label="Seed"
            value={seed}
            min={0}
            max={4_294_967_295}
            onChange={(next) => setSeed(Math.round(next ?? 0))}
          />
        </div>
        <Button type="submit" kind="primary">
          Simulate
        </Button>
      </div>
      {picking && (
        <PickDialog
          title="Whom the fault befalls"
          providers
          onClose={() => setPicking(false)}
          onPick={(target) => {
            setOn(target);
            setProblem(null);
            setPicking(false);
          }}
        />
      )}
      {problem && (
        <Note tone="danger" role="alert" className={styles.note}>
          {problem}
        </Note>
      )}
    </form>
  );
}

function faultOf(type: Kind, amount: number | null): Fault {
  switch (type) {
    case "down":
      return { type };
    case "slow":
      return { type, ms: amount ?? 2_000 };
    case "rateLimited":
      return { type, retryAfterMs: amount };
    case "cut":
      return { type, after: amount ?? 5 };
  }
}

function InForce({ faults, now }: { faults: readonly Simulation[]; now: number }) {
  return (
    <Table
      label="Faults in force"
      columns={[
        { title: "On" },
        { title: "Fault", width: "24%" },
        { title: "Of all calls", width: "96px", right: true, extra: true },
        { title: "Befell", width: "110px", right: true },
        { title: "Seed", width: "72px", right: true, extra: true },
        { title: "Ends in", width: "104px", right: true },
        { title: "End", width: "92px", silent: true },
      ]}
    >
      {faults.map(({ id, what, until, seen, befell }) => (
        <TableRow key={id}>
          <td title={what.on}>
            <bdi>{what.on}</bdi>
          </td>
          <td>{faultWords(what.fault)}</td>
          <td data-right data-extra="true">
            {what.share == null ? "all" : `${(what.share * 100).toFixed(0)}\u00a0%`}
          </td>
          <td data-right>
            {befell} of {seen}
          </td>
          <td data-right data-extra="true">
            {what.seed}
          </td>
          <td data-right>{duration(Math.max(0, Math.ceil((Date.parse(until) - now) / 1_000) * 1_000))}</td>
          <td className={styles.doing}>
            <Button
              small
              kind="ghost"
              aria-label={`End the fault on ${what.on}`}
              onClick={() => void attempt(() => ipc().endSimulations(id))}
            >
              <Square size={12} />
              End
            </Button>
          </td>
        </TableRow>
      ))}
    </Table>
  );
}
