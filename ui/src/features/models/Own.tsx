import { PackagePlus, Plus } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/Button";
import { EmptyState, ErrorState, Skeleton } from "@/components/States";
import { Table, TableRow } from "@/components/Table";
import { notify } from "@/components/toasts";
import { ipc, reason, type CatalogEntry, type OwnFigures } from "@/ipc";
import { useAll, useChange, useOwn } from "./api";
import { OwnDialog } from "./OwnDialog";
import styles from "./Pages.module.css";
import { perMillion, tokens } from "./words";

/** Models that no list has, and prices that are agreed. */
export function Own() {
  const { data, error, refetch } = useOwn();
  const { data: all } = useAll();
  const [editing, setEditing] = useState<CatalogEntry | "new" | null>(null);
  const again = useChange((own: OwnFigures) => ipc().setOwnFigures(own));
  const back = useChange(async (own: OwnFigures) => {
    await ipc().removeOwnFigures(own.model);
    notify({
      text: `Your figures of ${own.model} are taken back`,
      action: { label: "Undo", run: () => again.mutate(own) },
    });
  });
  const entryOf = ({ model }: OwnFigures) =>
    all?.models.find(
      ({ target, provider, id }) => target === model || `${provider}/${id}` === model || id === model,
    );
  return (
    <>
      <header className={styles.bar}>
        <h2>Your models and prices</h2>
        <span className={styles.hint}>kept in config.toml; they count before every list</span>
        <span className={styles.space} />
        <Button small onClick={() => setEditing("new")}>
          <Plus size={12} />
          Add a model
        </Button>
      </header>
      <div className={styles.scroller} tabIndex={0} role="group" aria-label="Your models and prices">
        {error && !data ? (
          <ErrorState title="They cannot be read" why={reason(error)} onRetry={() => void refetch()} />
        ) : !data ? (
          <Skeleton rows={6} label="Reading your figures" />
        ) : data.length === 0 ? (
          <EmptyState
            icon={<PackagePlus size={20} />}
            title="Figures of your own"
            action={
              <Button kind="primary" onClick={() => setEditing("new")}>
                Add a model
              </Button>
            }
          >
            A fine-tune, a deployment or a model so new that no list has it; or a price that you agreed on. To
            change the figures of a listed model, open it under “All models”.
          </EmptyState>
        ) : (
          <Table
            label="Your models and prices"
            columns={[
              { title: "Model" },
              { title: "Name", width: "170px", extra: true },
              { title: "Context", width: "90px", right: true },
              { title: "Input", width: "76px", right: true },
              { title: "Output", width: "76px", right: true },
              { title: "Says", width: "130px", extra: "wide" },
              { title: "Acts", width: "176px", silent: true },
            ]}
          >
            {data.map((own) => {
              const entry = entryOf(own);
              return (
                <TableRow key={own.model}>
                  <td title={own.model}>
                    <bdi>{own.model}</bdi>
                  </td>
                  <td data-extra="true">{own.name ?? "–"}</td>
                  <td data-right>{own.contextWindow == null ? "as listed" : tokens(own.contextWindow)}</td>
                  <td data-right>{own.prices?.input == null ? "as listed" : perMillion(own.prices.input)}</td>
                  <td data-right>
                    {own.prices?.output == null ? "as listed" : perMillion(own.prices.output)}
                  </td>
                  <td data-extra="wide">{saysText(own)}</td>
                  <td data-right>
                    <Button
                      small
                      kind="ghost"
                      aria-label={`Change ${own.model}`}
                      disabled={!entry}
                      title={
                        entry
                          ? undefined
                          : "It is read from config.toml; nothing that is listed has this name"
                      }
                      onClick={() => entry && setEditing(entry)}
                    >
                      Change
                    </Button>
                    <Button
                      small
                      kind="ghost"
                      aria-label={`Take back ${own.model}`}
                      onClick={() => back.mutate(own)}
                    >
                      Take back
                    </Button>
                  </td>
                </TableRow>
              );
            })}
          </Table>
        )}
      </div>
      {editing !== null && (
        <OwnDialog entry={editing === "new" ? undefined : editing} onClose={() => setEditing(null)} />
      )}
    </>
  );
}

function saysText({ capabilities }: OwnFigures): string {
  const said = Object.entries(capabilities ?? {}).filter(([, value]) => value !== null);
  if (said.length === 0) return "–";
  return said
    .map(([name, value]) => `${value ? "" : "no "}${name === "webSearch" ? "web search" : name}`)
    .join(", ");
}
