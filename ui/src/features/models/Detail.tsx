import { Calculator, Columns3, Copy, Pencil, Plug, Scale, X } from "lucide-react";
import { useState } from "react";
import { Badge } from "@/components/Badge";
import { Button, IconButton } from "@/components/Button";
import { copy } from "@/components/copy";
import { ErrorState, Skeleton } from "@/components/States";
import { Table, TableRow, type Column } from "@/components/Table";
import { reason, type CatalogCard, type CatalogEntry, type PriceChange, type Target } from "@/ipc";
import { firstToken, tokensPerSecond } from "@/lib/figures";
import { moment } from "@/lib/time";
import { useCards, useHistory } from "./api";
import styles from "./Detail.module.css";
import { dayText, offerOf } from "./facts";
import { choose } from "./choose";
import { OwnDialog } from "./OwnDialog";
import { showPage } from "./kept";
import { openModel, useView } from "./view";
import { Abilities, cachedPrice, Dot, hueKey, ModelName, perMillion, qualityText, tokens } from "./words";

type Props = {
  name: string;
  onAsk: (targets: readonly Target[]) => void;
  onProviders: (provider?: string) => void;
};

const columns: readonly Column[] = [
  { title: "Provider", width: "94px" },
  { title: "There it is called" },
  { title: "Context", width: "82px", right: true },
  { title: "Answer", width: "72px", right: true, extra: "wide" },
  { title: "Input", width: "62px", right: true },
  { title: "Output", width: "64px", right: true },
  { title: "Cached", width: "66px", right: true, extra: true },
  { title: "Figures from", width: "166px", extra: true },
  { title: "Acts", width: "48px", silent: true },
];

/** All that is known of one model, and where it is from. */
export function Detail({ name, onAsk, onProviders }: Props) {
  const { data, error, refetch } = useCards([name]);
  const chosen = useView((view) => view.chosen.includes(name));
  const [editing, setEditing] = useState<CatalogEntry | null>(null);
  const card = data?.[0];
  const offer = card && offerOf(card);
  if (error && !card)
    return (
      <ErrorState title="The model cannot be shown" why={reason(error)} onRetry={() => void refetch()}>
        <Button onClick={() => openModel(null)}>Close</Button>
      </ErrorState>
    );
  if (!card) return <Skeleton rows={7} label="Reading the model" />;
  const target = offer?.ready ? offer.target : null;
  return (
    <>
      <header className={styles.head}>
        {offer && <Dot of={hueKey(offer)} />}
        <h2>
          <ModelName model={card.model} />
        </h2>
        {offer && <Abilities can={offer.capabilities} />}
        {target !== null && <Badge tone="ok">ready now</Badge>}
        <span className={styles.space} />
        {target !== null ? (
          <Button small aria-label="Use in Compare" title={target} onClick={() => onAsk([target])}>
            <Columns3 size={12} />
            <span>Use in Compare</span>
          </Button>
        ) : (
          <Button
            small
            aria-label="Set up a provider"
            onClick={() => onProviders(offer?.target?.split("/")[0] ?? offer?.provider)}
          >
            <Plug size={12} />
            <span>Set up a provider</span>
          </Button>
        )}
        <Button small aria-label="Put beside others" aria-pressed={chosen} onClick={() => choose(name)}>
          <Scale size={12} />
          <span>{chosen ? "Beside others" : "Put beside others"}</span>
        </Button>
        <IconButton
          label="What it would cost"
          onClick={() => {
            if (!chosen) choose(name);
            showPage("cost");
          }}
        >
          <Calculator size={14} />
        </IconButton>
        <IconButton label="Copy its id" onClick={() => void copy(target ?? card.model)}>
          <Copy size={14} />
        </IconButton>
        <IconButton label="Close the model" onClick={() => openModel(null)}>
          <X size={14} />
        </IconButton>
      </header>
      <div className={styles.body} tabIndex={0} role="group" aria-label="What is known of the model">
        <div className={styles.left}>
          <Offers card={card} onEdit={setEditing} />
          <History name={name} />
        </div>
        <Facts card={card} offer={offer} />
      </div>
      {editing !== null && <OwnDialog entry={editing} onClose={() => setEditing(null)} />}
    </>
  );
}

function Offers({ card, onEdit }: { card: CatalogCard; onEdit: (entry: CatalogEntry) => void }) {
  return (
    <section aria-label="Who offers it">
      <Table label="Who offers it" columns={columns}>
        {card.offers.map((offer) => (
          <TableRow key={`${offer.provider}/${offer.id}`}>
            <td title={offer.provider}>{offer.provider}</td>
            <td title={offer.id}>
              <bdi>{offer.id}</bdi>
            </td>
            <td data-right>{tokens(offer.contextWindow)}</td>
            <td data-right data-extra="wide">
              {tokens(offer.outputLimit)}
            </td>
            <td data-right>{perMillion(offer.prices.input, offer.local)}</td>
            <td data-right>{perMillion(offer.prices.output, offer.local)}</td>
            <td data-right data-extra="true">
              {perMillion(cachedPrice(offer.prices), offer.local)}
            </td>
            <td data-extra="true" title={`${offer.source} ${offer.date}`}>
              {offer.source}
              {offer.date && <span className={styles.quiet}> {offer.date}</span>}
            </td>
            <td data-right>
              <IconButton
                label={`Your figures of ${offer.id} at ${offer.provider}`}
                onClick={() => onEdit(offer)}
              >
                <Pencil size={12} />
              </IconButton>
            </td>
          </TableRow>
        ))}
      </Table>
      {card.offers.length === 0 && (
        <p className={styles.none}>Nobody that the catalog knows offers it; only its scores are known.</p>
      )}
      {card.offers.some(({ batch }) => batch.input !== null) && (
        <ul className={styles.steps}>
          {card.offers
            .filter(({ batch }) => batch.input !== null)
            .map(({ provider, id, batch }) => (
              <li key={`${provider}/${id}`}>
                {provider}: {perMillion(batch.input)} in, {perMillion(batch.output)} out in a batch
              </li>
            ))}
        </ul>
      )}
      {card.offers.some(({ above }) => above.length > 0) && (
        <ul className={styles.steps}>
          {card.offers.flatMap(({ provider, id, above }) =>
            above.map((step) => (
              <li key={`${provider}/${id}/${step.tokens}`}>
                {provider}: {perMillion(step.prices.input)} in, {perMillion(step.prices.output)} out for
                prompts of more than {tokens(step.tokens)} tokens
              </li>
            )),
          )}
        </ul>
      )}
    </section>
  );
}

function History({ name }: { name: string }) {
  const { data, error, refetch } = useHistory(name);
  return (
    <section aria-label="History of its prices">
      <h3 className={styles.title}>History</h3>
      {error ? (
        <p className={styles.none}>
          It cannot be read: {reason(error)}.{" "}
          <button type="button" className={styles.link} onClick={() => void refetch()}>
            Try again
          </button>
        </p>
      ) : !data ? (
        <Skeleton rows={2} label="Reading the history" />
      ) : data.length === 0 ? (
        <p className={styles.none}>Nothing of it has changed since lists are synced here.</p>
      ) : (
        <ol className={styles.history}>
          {data.map((change) => (
            <li key={`${change.source} ${change.provider} ${change.at}`}>
              <span>{moment(change.at)}</span>
              <span>{change.provider}</span>
              <span>{changeText(change)}</span>
              <span className={styles.quiet}>{change.source}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

/** What the first who offers it and says so says. */
function first(card: CatalogCard, of: (offer: CatalogEntry) => string | null | undefined) {
  return card.offers.map(of).find((value) => value != null);
}

/** What changed, in words. */
function changeText({ kind, old, new: now }: PriceChange): string {
  if (kind === "gone") return "is not listed any more";
  const listed = `${perMillion(now.input)} in, ${perMillion(now.output)} out`;
  if (kind === "new") return now.input === null ? "is listed since" : `is listed since, at ${listed}`;
  return `${perMillion(old.input)} → ${perMillion(now.input)} in, ${perMillion(old.output)} → ${perMillion(now.output)} out`;
}

function Facts({ card, offer }: { card: CatalogCard; offer: CatalogEntry | undefined }) {
  const seen = card.seen.find(({ target }) => target === offer?.target) ?? card.seen[0];
  const facts: [string, string | null][] = [
    ["Name", offer?.name ?? null],
    ["Quality", offer ? qualityText(offer) : null],
    ["As measured", offer?.qualityOf ? `of ${offer.qualityOf}, which came before it` : null],
    ["Reasoning", offer?.prices.reasoning ? `${perMillion(offer.prices.reasoning)} per 1M tokens` : null],
    [
      "Writing a cache",
      offer?.prices.cachedWrite ? `${perMillion(offer.prices.cachedWrite)} per 1M tokens` : null,
    ],
    ["Released", dayText(first(card, ({ dates }) => dates.released))],
    ["Knows the world up to", dayText(first(card, ({ dates }) => dates.knowledge))],
    ["Deprecated from", dayText(offer?.dates.deprecated)],
    ["First token here", seen?.firstMs == null ? null : firstToken(seen.firstMs)],
    ["Speed here", seen?.tokensPerSecond == null ? null : tokensPerSecond(seen.tokensPerSecond)],
    ["Your votes", seen?.liked == null ? null : `${Math.round(seen.liked * 100)} % good`],
    ["Your names for it", card.names.length > 0 ? card.names.join(", ") : null],
  ];
  return (
    <section className={styles.right} aria-label="Scores and facts">
      <dl className={styles.facts}>
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </div>
          ))}
      </dl>
      <h3 className={styles.title}>Scores</h3>
      {card.scores.length === 0 ? (
        <p className={styles.none}>No leaderboard that was taken has it.</p>
      ) : (
        <dl className={styles.facts}>
          {card.scores.map((score) => (
            <div key={score.board}>
              <dt>{score.board.replace("lmarena-", "LMArena, ")}</dt>
              <dd>
                {Math.round(score.value ?? 0).toLocaleString("en-US")}
                <span className={styles.quiet}>
                  {" "}
                  from {score.votes.toLocaleString("en-US")} votes; {score.source}, {score.date}
                </span>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
