import { ChartLine, Download, X } from "lucide-react";
import { useState, type ReactNode } from "react";
import { FolderBudget } from "@/components/budgets";
import { Button } from "@/components/Button";
import { Menu } from "@/components/Menu";
import { saveTable } from "@/components/saveTable";
import { Segments } from "@/components/Segments";
import { EmptyState, ErrorState, Skeleton } from "@/components/States";
import {
  reason,
  type FolderId,
  type RequestSeries,
  type SavingsReport,
  type SpendSeries,
  type UsageSum,
} from "@/ipc";
import { asCsv } from "@/lib/csv";
import { count, firstToken, usd } from "@/lib/figures";
import { day } from "@/lib/time";
import { useBudgets, useQuestion, useRequests, useSavings, useSpend } from "./api";
import { wanted, type Calls, type CallsWanted } from "./calls";
import {
  BudgetsPanel,
  CostPanel,
  ErrorsPanel,
  LatencyLines,
  LatencyPanel,
  LinesPanel,
  linesTable,
  RequestsPanel,
  savedInAll,
  SavingsPanel,
  SharesPanel,
  TokensOverTime,
  TokensPanel,
} from "./charts";
import styles from "./Insights.module.css";
import { periods, reports, showOnly, showPeriod, useView, type Report } from "./view";
import { called, plural, spent } from "./words";

type Props = {
  /** To the calls that a figure is made of. */
  onCalls: (calls: CallsWanted) => void;
  /** To a new conversation. */
  onNew: () => void;
  /** To where budgets are set. */
  onBudgets: () => void;
};

/** What calls cost, how long they took, what went wrong and what was saved. */
export function Insights({ onCalls, onNew, onBudgets }: Props) {
  const view = useView();
  const question = useQuestion();
  const spend = useSpend(question);
  const requests = useRequests(question);
  const savings = useSavings(question);
  const budgets = useBudgets();
  const { report, period, by, only } = view;
  const [folder, setFolder] = useState<FolderId | null>(null);
  const span = spend.data?.span ?? requests.data?.span;
  const open = true;
  const onLead = (calls: Calls) => {
    if (span) onCalls(wanted(calls, view, { from: span.starts[0] ?? span.until, until: span.until }));
  };
  const empty =
    spend.data?.total.calls === 0 &&
    requests.data?.total.asked === 0 &&
    only === null &&
    report !== "budgets";
  const stale = spend.isPlaceholderData || requests.isPlaceholderData;

  const ofSpend = (what: string, draw: (data: SpendSeries) => ReactNode) => (
    <Loaded what={what} query={spend} draw={draw} />
  );
  const ofRequests = (what: string, draw: (data: RequestSeries) => ReactNode) => (
    <Loaded what={what} query={requests} draw={draw} />
  );
  const cost = ofSpend("the cost", (data) => <CostPanel spend={data} by={by} open={open} onCalls={onLead} />);
  const errors = ofRequests("errors", (data) => <ErrorsPanel requests={data} onCalls={onLead} />);
  const saved = <Loaded what="savings" query={savings} draw={(data) => <SavingsPanel report={data} />} />;
  const lines = (of: "ttft" | "duration", most?: number) =>
    ofRequests("latencies", (data) => (
      <LatencyLines requests={data} of={of} by={by} onCalls={onLead} {...(most && { most })} />
    ));

  const bodies: Record<Report, () => ReactNode> = {
    overview: () => (
      <div className={styles.columns}>
        <div>
          {cost}
          {ofRequests("latencies", (data) => (
            <LatencyPanel requests={data} of="duration" onCalls={onLead} />
          ))}
        </div>
        <div>
          {ofSpend("tokens", (data) => (
            <TokensPanel spend={data} />
          ))}
          {errors}
          {saved}
          {lines("ttft", 6)}
        </div>
      </div>
    ),
    cost: () => (
      <>
        {cost}
        {ofSpend("tokens", (data) => (
          <TokensOverTime spend={data} by={by} open={open} onCalls={onLead} />
        ))}
        {ofSpend("the cost", (data) => (
          <LinesPanel spend={data} by={by} onCalls={onLead} />
        ))}
      </>
    ),
    latency: () => (
      <>
        {(["ttft", "duration"] as const).map((of) => (
          <div key={of} className={styles.columns}>
            <div>
              {ofRequests("latencies", (data) => (
                <LatencyPanel requests={data} of={of} onCalls={onLead} />
              ))}
            </div>
            <div>{lines(of, 9)}</div>
          </div>
        ))}
      </>
    ),
    errors: () => (
      <>
        {ofRequests("requests", (data) => (
          <RequestsPanel requests={data} open={open} onCalls={onLead} />
        ))}
        {errors}
        {ofRequests("fallbacks", (data) => (
          <SharesPanel
            title="Tried again and fallen back"
            requests={data}
            kinds={["triedAgain", "fellBack"]}
            onCalls={onLead}
          />
        ))}
      </>
    ),
    savings: () => (
      <>
        {saved}
        {ofRequests("caches", (data) => (
          <SharesPanel
            title="From a cache"
            requests={data}
            kinds={["promptCached", "fromCache"]}
            onCalls={onLead}
          />
        ))}
      </>
    ),
    budgets: () => (
      <Loaded
        what="budgets"
        query={budgets}
        draw={(all) =>
          all.length === 0 ? (
            <EmptyState
              icon={<ChartLine size={20} />}
              title="No budget yet"
              action={
                <Button kind="primary" onClick={onBudgets}>
                  Issue a key with a budget
                </Button>
              }
            >
              A budget caps what a virtual key, a folder, or all calls together may spend in a day, in a month
              or in all. A folder's is in its menu in the list of conversations. Here you see how each stands,
              and how it will at the end of its period.
            </EmptyState>
          ) : (
            <BudgetsPanel budgets={all} onFolder={setFolder} />
          )
        }
      />
    ),
  };

  return (
    <main className={styles.page} aria-label="Insights">
      <header className={styles.bar}>
        <Segments label="Time" value={period} options={[...periods]} onChange={showPeriod} />
        {only && (
          <Button small onClick={() => showOnly(null)} aria-label={`Show more than ${called(by, only)}`}>
            <bdi className={styles.only}>{called(by, only)}</bdi>
            <X size={12} />
          </Button>
        )}
        <span className={styles.span}>{span && spanText(span)}</span>
        <span className={styles.space} />
        <span className={styles.asOf} role="status">
          {spend.dataUpdatedAt > 0 && `as of ${clock(spend.dataUpdatedAt)}`}
        </span>
        <Menu
          align="end"
          trigger={
            <Button small kind="ghost" disabled={!spend.data || !requests.data}>
              <Download size={12} />
              Export
            </Button>
          }
          entries={[
            {
              label: "Lines as CSV",
              run: () => {
                if (!spend.data) return;
                const { head, rows } = linesTable(spend.data, by);
                void saveTable(`usage-by-${by}.csv`, asCsv(head, rows));
              },
            },
            {
              label: "All figures as JSON",
              run: () =>
                void saveTable(
                  "usage.json",
                  JSON.stringify(
                    {
                      query: question,
                      spend: spend.data,
                      requests: requests.data,
                      savings: savings.data,
                      budgets: budgets.data,
                    },
                    null,
                    2,
                  ),
                ),
            },
          ]}
        />
      </header>
      {empty && spend.data ? (
        <div className={styles.empty}>
          <EmptyState
            icon={<ChartLine size={20} />}
            title={period === "all" ? "What calls cost, and how they went" : "No call in this time"}
            action={
              period === "all" ? (
                <Button kind="primary" onClick={onNew}>
                  Ask something
                </Button>
              ) : (
                <Button kind="primary" onClick={() => showPeriod("all")}>
                  Show all times
                </Button>
              )
            }
          >
            Every call of this app and of your tools is counted here: money, tokens, times, errors, caches, by
            model, provider, key and folder.
            {spend.data.simulated > 0 &&
              ` ${plural(spend.data.simulated, "call")} of simulated models cost nothing, and ${spend.data.simulated === 1 ? "is" : "are"} left out.`}
          </EmptyState>
        </div>
      ) : (
        // The page scrolls; who comes by keyboard can, too.
        <div className={styles.scroll} data-stale={stale || undefined} tabIndex={-1}>
          {report !== "budgets" && (
            <Headline
              spend={spend.data}
              requests={requests.data}
              savings={savings.data}
              problem={spend.error ?? requests.error}
            />
          )}
          {by === "class" && report !== "budgets" && spend.data && !spend.data.lines.some(({ id }) => id) && (
            <p className={styles.notice}>
              No call of this time has a class: prompts are classified when a route such as <code>auto</code>{" "}
              chooses the model.
            </p>
          )}
          <h1 className="srOnly">{reports.find(({ value }) => value === report)?.label}</h1>
          {bodies[report]()}
        </div>
      )}
      {folder !== null && (
        <FolderBudget
          folder={folder}
          name={budgets.data?.find((one) => one.folder === folder)?.name ?? "without a name"}
          onClose={() => setFolder(null)}
        />
      )}
    </main>
  );
}

type Query<T> = { data: T | undefined; error: Error | null; refetch: () => unknown };

/** One part of a report: what it shows, or what keeps it from that, beside the others. */
function Loaded<T>({ what, query, draw }: { what: string; query: Query<T>; draw: (data: T) => ReactNode }) {
  if (query.data !== undefined) return draw(query.data);
  if (query.error)
    return (
      <ErrorState
        title={`There is no telling ${what}`}
        why={reason(query.error)}
        onRetry={() => void query.refetch()}
      />
    );
  return <Skeleton rows={8} label={`Counting ${what}`} />;
}

function Headline({
  spend,
  requests,
  savings,
  problem,
}: {
  spend: SpendSeries | undefined;
  requests: RequestSeries | undefined;
  savings: SavingsReport | undefined;
  problem: Error | null;
}) {
  const unpriced = spend?.lines.filter(({ sum }) => sum.unpriced > 0).length ?? 0;
  const saved = savings && savedInAll(savings);
  const waits = problem ? "unknown" : "…";
  return (
    <dl className={styles.headline} aria-label="In all">
      <Figure
        name="Cost"
        value={spend ? known(spend.total) : waits}
        about={
          spend && Number(spend.total.estimatedCost) > 0
            ? `of it ≈\u00a0${usd(spend.total.estimatedCost)} estimated`
            : "as providers counted"
        }
      />
      <Figure
        name="Requests"
        value={requests ? count(requests.total.asked) : waits}
        about={
          requests
            ? `${count(requests.total.answered)} answered, ${count(requests.total.asked - requests.total.answered)} not`
            : ""
        }
      />
      <Figure
        name="First token, p50"
        value={requests?.totalTtft ? firstToken(requests.totalTtft.p50) : requests ? "unknown" : waits}
        about={requests?.totalTtft ? `p95 ${firstToken(requests.totalTtft.p95)}` : ""}
      />
      <Figure
        name="Unknown cost"
        value={spend ? plural(spend.total.unpriced, "call") : waits}
        about={
          !spend
            ? ""
            : spend.total.unpriced > 0
              ? `${unpriced === 1 ? "1 line has" : `${count(unpriced)} lines have`} no price`
              : "all have a price"
        }
        warn={(spend?.total.unpriced ?? 0) > 0}
      />
      <Figure name="Saved" value={saved?.value ?? waits} about={saved?.about ?? ""} />
    </dl>
  );
}

/** What is known of the cost: what is not has a figure of its own. */
const known = (total: UsageSum) =>
  spent(Number(total.cost) > 0 ? { ...total, unpriced: 0, estimatedCost: "0" } : total, true);

function Figure({
  name,
  value,
  about,
  warn,
}: {
  name: string;
  value: string;
  about: string;
  warn?: boolean;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={styles.value}>{value}</dd>
      <dd className={warn ? styles.warn : undefined}>{about}</dd>
    </div>
  );
}

const clock = (at: number) => new Date(at).toLocaleTimeString("en-GB");

/** `9 Nov to 22 Nov 2026, local time` */
function spanText({ starts, until }: { starts: readonly string[]; until: string }): string {
  const [from, to] = [day(starts[0] ?? until), day(until)];
  if (from === to) return `${to}, local time`;
  const same = from.slice(-4) === to.slice(-4);
  return `${same ? from.slice(0, -5) : from} to ${to}, local time`;
}
