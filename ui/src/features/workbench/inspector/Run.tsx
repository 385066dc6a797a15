import type { ReactNode } from "react";
import { Badge } from "@/components/Badge";
import { DecisionView } from "@/components/decision";
import { Skeleton } from "@/components/States";
import { reason, type Attempt, type CompletionId, type Decision, type Params } from "@/ipc";
import { cost, count, duration, firstToken, rate, tokensPerSecond, usd } from "@/lib/figures";
import { isLive, type Standing } from "../answer/answer";
import { useDetails } from "../api";
import { badges, differences } from "../composer/params";
import { shown } from "../shown";
import type { TurnAnswer } from "../turns";
import styles from "./Inspector.module.css";

/** How an answer was asked and what that took. */
export function Run({ answer, place }: { answer: Standing; place: TurnAnswer }) {
  const { completion } = answer;
  const stored = place.answer?.completion ?? null;
  return (
    <>
      <Figures answer={answer} />
      <Attempts attempts={place.answer?.attempts ?? []} askedAt={answer.askedAt} live={isLive(answer)} />
      {completion !== null && (
        <Details completion={completion} state={answer.state.state} served={answer.served} />
      )}
      {stored && <Parameters params={stored.params} place={place} />}
    </>
  );
}

function Section({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  return (
    <section className={styles.section} aria-label={title}>
      <h3>
        {title}
        {note && <span className={styles.quiet}>{note}</span>}
      </h3>
      {children}
    </section>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.row}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** One line: what has no room goes from the middle, since both ends tell models apart. */
function Cut({ text }: { text: string }) {
  // Where there is little room, the provider goes before the model does.
  const slash = text.lastIndexOf("/") + 1;
  const at = slash > 0 ? slash : Math.ceil(text.length / 2);
  return (
    <bdi className={styles.cut} title={text}>
      <span>{text.slice(0, at)}</span>
      <span>{text.slice(at)}</span>
    </bdi>
  );
}

const stateWords: Record<string, string> = {
  queued: "waiting",
  streaming: "being written",
  complete: "complete",
  failed: "failed",
  stopped: "stopped by you",
  interrupted: "interrupted",
};

function Figures({ answer }: { answer: Standing }) {
  const { metrics, state, served } = answer;
  const { usage } = metrics;
  const out = usage.output === null ? null : usage.output + (usage.reasoning ?? 0);
  const speed = out === null || metrics.durationMs === null ? null : rate(out, metrics, metrics.durationMs);
  const buckets: [string, number | null][] = [
    ["input", usage.input],
    ["cached input read", usage.cachedRead],
    ["cached input written", usage.cachedWrite],
    ["reasoning", usage.reasoning],
    ["output", usage.output],
  ];
  const known = buckets.filter(([, tokens]) => tokens !== null);
  return (
    <>
      <Section title="Answer">
        <dl>
          <Row name="state">
            {stateWords[state.state]}
            {state.state === "complete" && state.stop !== "stop" && `, ${state.stop}`}
          </Row>
          {served && (
            <Row name="answered by">
              <Cut text={served} />
            </Row>
          )}
          <Row name="first token">{metrics.ttftMs === null ? <Unknown /> : firstToken(metrics.ttftMs)}</Row>
          <Row name="time">{metrics.durationMs === null ? <Unknown /> : duration(metrics.durationMs)}</Row>
          <Row name="speed">{speed === null ? <Unknown /> : tokensPerSecond(speed)}</Row>
          <Row name="cost">{metrics.cost === null ? <Unknown /> : cost(metrics.cost)}</Row>
        </dl>
      </Section>
      <Section
        title="Tokens"
        note={
          known.length === 0 ? "" : metrics.usageBy === "estimated" ? "estimated" : "as the provider says"
        }
      >
        {known.length === 0 ? (
          <p className={styles.quiet}>Nobody counted them.</p>
        ) : (
          <dl>
            {known.map(([name, tokens]) => (
              <Row key={name} name={name}>
                {count(tokens ?? 0)}
              </Row>
            ))}
          </dl>
        )}
      </Section>
    </>
  );
}

const Unknown = () => <span className={styles.quiet}>unknown</span>;

function Attempts({
  attempts,
  askedAt,
  live,
}: {
  attempts: readonly Attempt[];
  askedAt: number;
  live: boolean;
}) {
  return (
    <Section title="Attempts" note={attempts.length > 0 ? String(attempts.length) : ""}>
      {attempts.length === 0 ? (
        <p className={styles.quiet}>
          {live ? "They are listed when the answer has ended." : "Nothing was called."}
        </p>
      ) : (
        <div className={styles.scroll} tabIndex={0} role="group" aria-label="Attempts, table">
          <table className={styles.attempts}>
            <thead>
              <tr>
                {["At", "Provider", "Head", "First", "End", "Result"].map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {attempts.map((attempt) => (
                <tr key={attempt.id} title={`${attempt.provider}/${attempt.model}`}>
                  <td>{duration(Math.max(0, Date.parse(attempt.startedAt) - askedAt))}</td>
                  <td>
                    <bdi>{attempt.provider}</bdi>
                  </td>
                  <td>{ms(attempt.headersMs)}</td>
                  <td>{ms(attempt.firstMs)}</td>
                  <td>{ms(attempt.endedMs)}</td>
                  <td data-bad={attempt.outcome === "failed" || undefined}>
                    {attempt.httpStatus ?? attempt.errorKind ?? attempt.outcome}
                    {attempt.cost != null && `, ${usd(attempt.cost)}`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

const ms = (time: number | null | undefined) => (time == null ? "–" : duration(time));

type DetailsProps = { completion: CompletionId; state: string; served: string | null };

function Details({ completion, state, served }: DetailsProps) {
  const { data, error } = useDetails(completion, state);
  if (error)
    return (
      <p className={styles.quiet} role="alert">
        The decision cannot be read: {reason(error)}
      </p>
    );
  if (!data) return <Skeleton rows={3} label="Reading the decision" />;
  return (
    <>
      {data.decision && <Decided decision={data.decision} served={served} />}
      <Section title="System text">
        {data.system ? (
          <p className={styles.system} dir="auto" tabIndex={0}>
            {data.system}
          </p>
        ) : (
          <p className={styles.quiet}>None was sent.</p>
        )}
      </Section>
    </>
  );
}

function Decided({ decision, served }: { decision: Decision; served: string | null }) {
  const { candidates, order, requested, routed } = decision;
  return (
    <Section title="Decision" note={requested === order[0] ? "" : requested}>
      {routed || candidates.length > 1 ? (
        <div className={styles.decision}>
          <DecisionView decision={decision} served={served} narrow />
        </div>
      ) : (
        <p className={styles.reason}>{decision.reason}</p>
      )}
    </Section>
  );
}

function Parameters({ params, place }: { params: Params; place: TurnAnswer }) {
  const all = (shown().turn?.answers ?? []).map(({ answer }) => ({
    params: answer?.completion?.params ?? {},
    system: null,
  }));
  const at = shown().turn?.answers.findIndex(({ branch }) => branch.id === place.branch.id) ?? -1;
  const own = all.length > 1 && at >= 0 ? (differences(all).own[at] ?? []) : [];
  const names = new Set<string>(own.map(({ key }) => key));
  const common = badges({ params, system: null }).filter(({ key }) => !names.has(key));
  return (
    <Section title="Parameters" note={own.length > 0 ? "highlighted where columns differ" : ""}>
      {own.length + common.length === 0 ? (
        <p className={styles.quiet}>As the provider chooses.</p>
      ) : (
        <p className={styles.chips}>
          {own.map(({ key, label }) => (
            <Badge key={key} tone="info">
              {label}
            </Badge>
          ))}
          {common.map(({ key, label }) => (
            <Badge key={key}>{label}</Badge>
          ))}
        </p>
      )}
    </Section>
  );
}
