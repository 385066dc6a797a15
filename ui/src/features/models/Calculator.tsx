import { Calculator as Picture, Download, X } from "lucide-react";
import { create } from "zustand";
import { Button, IconButton } from "@/components/Button";
import { Input } from "@/components/Field";
import { saveTable } from "@/components/saveTable";
import { EmptyState, ErrorState, Skeleton } from "@/components/States";
import { Switch } from "@/components/Switch";
import { Table, TableRow } from "@/components/Table";
import { reason, type PriceLoad } from "@/ipc";
import { asCsv } from "@/lib/csv";
import { count, usd } from "@/lib/figures";
import { hueNumberOf } from "@/lib/hues";
import { usePriced } from "./api";
import styles from "./Pages.module.css";
import { showPage } from "./kept";
import { openModel, toggleChosen, useView } from "./view";
import { Dot, hueKey, ModelName } from "./words";

const useLoad = create<PriceLoad>(() => ({
  input: 2_000,
  cached: 0,
  output: 500,
  requests: 1_000,
  batch: false,
}));
const fields: readonly { field: Exclude<keyof PriceLoad, "batch">; label: string }[] = [
  { field: "input", label: "Tokens in" },
  { field: "cached", label: "of them cached" },
  { field: "output", label: "Tokens out" },
  { field: "requests", label: "Requests" },
];
const MOST = 1e9;

/** What so many requests of a size would cost, with each model. */
export function Calculator() {
  const load = useLoad();
  const chosen = useView((view) => view.chosen);
  const { data, error, refetch } = usePriced(chosen, load);
  const lines = (data ?? []).map(({ offer, cost }) => ({
    model: offer.model,
    offer,
    cost: cost && {
      input: Number(cost.input),
      cached: Number(cost.cached),
      output: Number(cost.output),
      one: Number(cost.one),
      all: Number(cost.all),
    },
  }));
  const most = Math.max(0, ...lines.map(({ cost }) => cost?.all ?? 0));
  const save = () =>
    void saveTable(
      "model-costs.csv",
      asCsv(
        [
          "model",
          "provider",
          "fresh input usd",
          "cached input usd",
          "output usd",
          "one request usd",
          "all usd",
        ],
        lines.map(({ model, offer, cost }) => [
          model,
          offer.provider,
          cost && cost.input,
          cost && cost.cached,
          cost && cost.output,
          cost && cost.one,
          cost && cost.all,
        ]),
      ),
    );
  return (
    <>
      <header className={styles.bar}>
        <h2>Price calculator</h2>
        <span className={styles.hint}>
          {chosen.length > 0 ? "of the models that you compare" : "of all models that can be asked now"}
        </span>
        <span className={styles.space} />
        <Button small kind="ghost" disabled={lines.length === 0} onClick={save}>
          <Download size={12} />
          CSV
        </Button>
      </header>
      <div className={styles.load} role="group" aria-label="What is asked">
        {fields.map(({ field, label }) => (
          <label key={field}>
            <span>{label}</span>
            <Input
              small
              inputMode="numeric"
              value={count(load[field])}
              onChange={(event) => {
                const digits = event.target.value.replaceAll(/\D/g, "").slice(0, 10);
                useLoad.setState({ [field]: Math.min(MOST, Number(digits)) });
              }}
            />
          </label>
        ))}
        <label>
          <span>In a batch</span>
          <Switch
            label="At the prices of a batch"
            checked={load.batch}
            onChange={(batch) => useLoad.setState({ batch })}
          />
        </label>
        <span className={styles.hint}>
          {load.cached > load.input
            ? "no more can be cached than goes in"
            : "prices as in the catalog, without taxes"}
        </span>
      </div>
      <div className={styles.scroller} tabIndex={0} role="group" aria-label="What it would cost">
        {error && !data ? (
          <ErrorState title="The prices cannot be read" why={reason(error)} onRetry={() => void refetch()} />
        ) : !data ? (
          <Skeleton rows={8} label="Reading the prices" />
        ) : lines.length === 0 ? (
          <EmptyState
            icon={<Picture size={20} />}
            title="Which models?"
            action={<Button onClick={() => showPage("list")}>Choose models</Button>}
          >
            Tick models under “All models” to see what they would cost. As soon as a provider is set up, all
            of its models stand here.
          </EmptyState>
        ) : (
          <Table
            label="What it would cost"
            columns={[
              { title: "Model" },
              { title: "At", width: "96px", extra: true },
              { title: "Input", width: "80px", right: true, extra: true },
              { title: "Cached", width: "76px", right: true, extra: "wide" },
              { title: "Output", width: "80px", right: true, extra: true },
              { title: "One request", width: "104px", right: true },
              { title: "All requests", width: "224px" },
            ]}
          >
            {lines.map(({ model, offer, cost }) => (
              <TableRow key={model}>
                <td title={offer.target ?? model}>
                  <span className={styles.likeness}>
                    <Dot of={hueKey(offer)} now={chosen.includes(model)} />
                    <button
                      type="button"
                      className={styles.name}
                      onClick={() => {
                        openModel(model);
                        showPage("list");
                      }}
                    >
                      <ModelName model={model} />
                    </button>
                    {chosen.includes(model) && (
                      <IconButton label={`Leave ${model} out`} onClick={() => toggleChosen(model)}>
                        <X size={12} />
                      </IconButton>
                    )}
                  </span>
                </td>
                <td data-extra="true">{offer.provider}</td>
                <td data-right data-extra="true">
                  {cost ? dollars(cost.input) : "unknown"}
                </td>
                <td data-right data-extra="wide">
                  {cost ? dollars(cost.cached) : "unknown"}
                </td>
                <td data-right data-extra="true">
                  {cost ? dollars(cost.output) : "unknown"}
                </td>
                <td data-right>{cost ? dollars(cost.one) : "unknown"}</td>
                <td>
                  <span className={styles.likeness}>
                    <i
                      className={styles.costBar}
                      aria-hidden="true"
                      data-hue={chosen.includes(model) ? hueNumberOf(hueKey(offer)) : "none"}
                      style={{ width: most > 0 && cost ? Math.max(1, (cost.all / most) * 110) : 0 }}
                    />
                    <b>{cost ? dollars(cost.all) : "unknown"}</b>
                  </span>
                </td>
              </TableRow>
            ))}
          </Table>
        )}
      </div>
    </>
  );
}

const dollars = (value: number) => (value >= 1_000 ? `$${count(Math.round(value))}` : usd(value.toFixed(9)));
