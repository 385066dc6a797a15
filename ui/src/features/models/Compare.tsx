import { ChevronDown, ChevronUp, X } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { Button, IconButton } from "@/components/Button";
import { Pane } from "@/components/Pane";
import { ErrorState, Skeleton } from "@/components/States";
import { reason, type CatalogCard, type CatalogEntry, type SeenHere, type Target } from "@/ipc";
import { cx } from "@/lib/classes";
import { firstToken, tokensPerSecond } from "@/lib/figures";
import { hueNumberOf } from "@/lib/hues";
import { useCards } from "./api";
import styles from "./Compare.module.css";
import { best, offerOf } from "./facts";
import { clearChosen, toggleChosen, useView } from "./view";
import { Abilities, cachedPrice, hueKey, ModelName, perMillion, qualityText, tokens } from "./words";

type Props = {
  names: readonly string[];
  pane: Pick<ComponentProps<typeof Pane>, "height" | "set" | "keep">;
  onAsk: (targets: readonly Target[]) => void;
};

const HEAD_PX = 37;

/** Models side by side; what is best in its row is bold. */
export function Compare({ names, pane, onAsk }: Props) {
  const folded = useView((view) => view.folded);
  const { data, error, refetch } = useCards(names);
  const Icon = folded ? ChevronUp : ChevronDown;
  const head = (
    <header className={styles.head}>
      <h2>Compare {names.length}</h2>
      <span className={styles.hint}>
        {names.length === 1
          ? "choose another model to put beside it"
          : "bold is best in its row; “here” is as measured on this machine"}
      </span>
      <span className={styles.space} />
      <IconButton
        label={folded ? "Unfold the comparison" : "Fold the comparison"}
        aria-expanded={!folded}
        onClick={() => useView.setState({ folded: !folded })}
      >
        <Icon size={14} />
      </IconButton>
      <IconButton label="Compare no longer" onClick={clearChosen}>
        <X size={14} />
      </IconButton>
    </header>
  );
  if (folded)
    return (
      <section className={styles.folded} aria-label="Comparison" style={{ height: HEAD_PX }}>
        {head}
      </section>
    );
  return (
    <Pane label="Comparison" edge="Height of the comparison" {...pane}>
      {head}
      <div className={styles.scroller} tabIndex={0} role="group" aria-label="Models side by side">
        {error && !data ? (
          <ErrorState
            title="These models cannot be compared"
            why={reason(error)}
            onRetry={() => void refetch()}
          />
        ) : !data ? (
          <Skeleton rows={8} label="Reading the models" />
        ) : (
          <Side cards={data} onAsk={onAsk} />
        )}
      </div>
    </Pane>
  );
}

type Column = { card: CatalogCard; offer: CatalogEntry | undefined; seen: SeenHere | undefined };

type Row = {
  title: string;
  text: (of: Column) => ReactNode;
  /** What it is measured by; `null` is unknown. */
  value?: (of: Column) => number | null;
  most?: boolean;
};

const number = (text: string | null | undefined) =>
  text === null || text === undefined ? null : Number(text);
const boards = (cards: readonly CatalogCard[]) => [
  ...new Set(cards.flatMap(({ scores }) => scores.map(({ board }) => board))),
];

const rows: readonly Row[] = [
  {
    title: "Input",
    text: ({ offer }) => perMillion(offer?.prices.input ?? null, offer?.local),
    value: ({ offer }) => number(offer?.prices.input),
  },
  {
    title: "Cached input",
    text: ({ offer }) => perMillion(offer ? cachedPrice(offer.prices) : null, offer?.local),
    value: ({ offer }) => number(offer && cachedPrice(offer.prices)),
  },
  {
    title: "Output",
    text: ({ offer }) => perMillion(offer?.prices.output ?? null, offer?.local),
    value: ({ offer }) => number(offer?.prices.output),
  },
  {
    title: "Context window",
    text: ({ offer }) => tokens(offer?.contextWindow ?? null),
    value: ({ offer }) => offer?.contextWindow ?? null,
    most: true,
  },
  {
    title: "Output limit",
    text: ({ offer }) => tokens(offer?.outputLimit ?? null),
    value: ({ offer }) => offer?.outputLimit ?? null,
    most: true,
  },
  {
    title: "Quality",
    text: ({ offer }) => (offer ? qualityText(offer) : "not rated"),
    value: ({ offer }) => offer?.quality ?? null,
    most: true,
  },
  {
    title: "First token here",
    text: ({ seen }) => (seen?.firstMs == null ? "not asked yet" : firstToken(seen.firstMs)),
    value: ({ seen }) => seen?.firstMs ?? null,
  },
  {
    title: "Speed here",
    text: ({ seen }) =>
      seen?.tokensPerSecond == null ? "not asked yet" : tokensPerSecond(seen.tokensPerSecond),
    value: ({ seen }) => seen?.tokensPerSecond ?? null,
    most: true,
  },
  {
    title: "Your votes",
    text: ({ seen }) =>
      seen?.liked == null
        ? "none"
        : `${Math.round(seen.liked * 100)} % good, of about ${Math.max(1, Math.round(seen.votes ?? 0))}`,
    value: ({ seen }) => seen?.liked ?? null,
    most: true,
  },
  { title: "Can do", text: ({ offer }) => (offer ? <Abilities can={offer.capabilities} /> : "unknown") },
  {
    title: "Figures from",
    text: ({ offer }) => (offer ? `${offer.source}${offer.date ? `, ${offer.date}` : ""}` : "unknown"),
  },
  {
    title: "Offered by",
    text: ({ card }) =>
      card.offers.length > 2
        ? `${card.offers[0]?.provider} and ${card.offers.length - 1} others`
        : card.offers.map(({ provider }) => provider).join(", ") || "nobody known",
  },
];

function Side({ cards, onAsk }: { cards: readonly CatalogCard[]; onAsk: Props["onAsk"] }) {
  const columns: Column[] = cards.map((card) => {
    const offer = offerOf(card);
    return { card, offer, seen: card.seen.find(({ target }) => target === offer?.target) ?? card.seen[0] };
  });
  const all: Row[] = rows.flatMap((row) =>
    row.title === "Quality"
      ? [
          row,
          ...boards(cards).map((board): Row => {
            const of = ({ card }: Column) => card.scores.find((score) => score.board === board);
            return {
              title: board.replace("lmarena-", "LMArena, "),
              text: (column) => {
                const score = of(column);
                return score ? (
                  <span
                    title={`${score.votes.toLocaleString("en-US")} votes, ${score.source}, ${score.date}`}
                  >
                    {Math.round(score.value ?? 0).toLocaleString("en-US")}
                  </span>
                ) : (
                  "not rated"
                );
              },
              value: (column) => of(column)?.value ?? null,
              most: true,
            };
          }),
        ]
      : [row],
  );
  return (
    <table className={styles.table} aria-label="Comparison">
      <colgroup>
        <col className={styles.first} />
        {columns.map(({ card }) => (
          <col key={card.model} />
        ))}
      </colgroup>
      <thead>
        <tr>
          <td />
          {columns.map(({ card, offer }) => (
            <th
              key={card.model}
              scope="col"
              title={card.model}
              data-hue={hueNumberOf(offer ? hueKey(offer) : card.model)}
            >
              <span>
                <i className={styles.dot} aria-hidden="true" />
                <ModelName model={card.model} />
                <IconButton label={`Take ${card.model} away`} onClick={() => toggleChosen(card.model)}>
                  <X size={12} />
                </IconButton>
              </span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {all.map(({ title, text, value, most }) => {
          const marked = value ? best(columns.map(value), most ?? false) : new Set<number>();
          return (
            <tr key={title}>
              <th scope="row">{title}</th>
              {columns.map((column, at) => (
                <td
                  key={column.card.model}
                  className={cx(marked.has(at) && styles.best)}
                  data-unknown={(value && value(column) === null) || undefined}
                >
                  {text(column)}
                  {marked.has(at) && <span className="srOnly"> (best)</span>}
                </td>
              ))}
            </tr>
          );
        })}
        <tr>
          <th scope="row">Ask</th>
          {columns.map(({ card, offer }) => {
            const target = offer?.ready ? offer.target : null;
            return (
              <td key={card.model}>
                {target === null ? (
                  <span className={styles.hint}>needs a provider</span>
                ) : (
                  <Button small aria-label={`Use ${target} in Compare`} onClick={() => onAsk([target])}>
                    Use in Compare
                  </Button>
                )}
              </td>
            );
          })}
        </tr>
      </tbody>
    </table>
  );
}
