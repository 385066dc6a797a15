import { Copy, GitFork, RotateCw, X } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { copy } from "@/components/copy";
import { DecisionView } from "@/components/decision";
import { Menu } from "@/components/Menu";
import { Segments } from "@/components/Segments";
import { Select } from "@/components/Select";
import { ErrorState, Skeleton } from "@/components/States";
import { FormSwitch, Sent, Wire, type Form } from "@/components/Wire";
import {
  reason,
  type AttemptId,
  type CompletionId,
  type ConversationId,
  type TrafficCall,
  type TrafficDetail,
} from "@/ipc";
import { cost, duration, figures, firstToken, seconds, tokensIn, tokensOut } from "@/lib/figures";
import { hueNumberOf } from "@/lib/hues";
import { shortName } from "@/lib/target";
import { useNow } from "@/lib/time";
import { copyCallAs, noConversation, useReplaying } from "./acts";
import { useCall } from "./api";
import styles from "./Detail.module.css";
import { look } from "./filters";
import { Replay } from "./Replay";
import { timeline } from "./timeline";
import { askedFor, Outcome } from "./words";

type Props = {
  call: CompletionId;
  onConversation: (call: TrafficCall) => void;
  onReplayed: (conversation: ConversationId) => void;
};

/** One call with everything that is kept of it. */
export function Detail({ call, onConversation, onReplayed }: Props) {
  const { data, error, refetch } = useCall(call);
  const replaying = useReplaying((s) => s.call) === call;
  if (error)
    return (
      <ErrorState title="The call cannot be read" why={reason(error)} onRetry={() => void refetch()}>
        <Button onClick={() => look(null)}>Close</Button>
      </ErrorState>
    );
  if (!data) return <Skeleton rows={6} label="Reading the call" />;
  const why = noConversation(data);
  return (
    <>
      <header className={styles.head}>
        <span className={styles.request} title={data.call.request ?? undefined}>
          {data.call.request ?? data.call.completion}
        </span>
        <span className={styles.says}>
          <Outcome call={data.call} long />
        </span>
        <span className={styles.space} />
        <Button
          small
          aria-label="Open as conversation"
          disabled={why !== null}
          title={why ?? data.title ?? undefined}
          onClick={() => onConversation(data.call)}
        >
          <GitFork size={12} />
          <span>Open as conversation</span>
        </Button>
        <Button
          small
          aria-label="Replay with…"
          disabled={why !== null}
          title={why ?? undefined}
          onClick={() => useReplaying.setState({ call })}
        >
          <RotateCw size={12} />
          <span>Replay with…</span>
        </Button>
        <Menu
          align="end"
          trigger={
            <IconButton label="Copy this call">
              <Copy size={14} />
            </IconButton>
          }
          entries={[
            { label: "Copy as curl", disabled: !data.body, run: () => void copyCallAs("curl", data) },
            { label: "Copy as Python", disabled: !data.body, run: () => void copyCallAs("Python", data) },
            {
              label: "Copy as TypeScript",
              disabled: !data.body,
              run: () => void copyCallAs("TypeScript", data),
            },
            "line",
            {
              label: "Copy its request id",
              disabled: data.call.request === null,
              run: () => void copy(data.call.request ?? ""),
            },
          ]}
        />
        <IconButton label="Close the call" onClick={() => look(null)}>
          <X size={14} />
        </IconButton>
      </header>
      <Body key={data.call.completion} detail={data} />
      {replaying && (
        <Replay
          detail={data}
          onClose={() => useReplaying.setState({ call: null })}
          onStarted={(conversation) => {
            useReplaying.setState({ call: null });
            onReplayed(conversation);
          }}
        />
      )}
    </>
  );
}

function Body({ detail }: { detail: TrafficDetail }) {
  const [attempt, setAttempt] = useState<AttemptId | null>(null);
  return (
    <div className={styles.body}>
      <div className={styles.left} tabIndex={0} role="group" aria-label="What is known of the call">
        <Attempts detail={detail} chosen={attempt} onChoose={setAttempt} />
        {(detail.decision?.routed || (detail.decision?.candidates.length ?? 0) > 1) && detail.decision && (
          <section aria-label="Decision">
            <h2 className={styles.title}>
              Decision
              <span className={styles.quiet}>{detail.decision.requested}</span>
            </h2>
            <div className={styles.decision}>
              <DecisionView decision={detail.decision} served={detail.call.served} narrow />
            </div>
          </section>
        )}
        <Facts detail={detail} />
      </div>
      <Exchanged detail={detail} chosen={attempt} onChoose={setAttempt} />
    </div>
  );
}

type Choosing = { detail: TrafficDetail; chosen: AttemptId | null; onChoose: (attempt: AttemptId) => void };

/** Upstream calls on one axis of time. */
function Attempts({ detail, chosen, onChoose }: Choosing) {
  const live = detail.call.state.state === "queued" || detail.call.state.state === "streaming";
  const now = useNow(live);
  const { bars, ticks, wholeMs } = timeline(detail, now);
  return (
    <section aria-label="Attempts">
      <h2 className={styles.title}>
        Attempts
        <span className={styles.quiet}>
          {live ? `${seconds(wholeMs)} so far` : `${duration(wholeMs)} in all`}
        </span>
      </h2>
      {detail.attempts.length === 0 ? (
        <p className={styles.quiet}>
          {detail.call.kind === "count"
            ? "Tokens were counted; nobody was asked to answer."
            : detail.call.cached
              ? "Nobody was asked: the same had been asked before, and its answer was given again."
              : "Nobody was asked: it was refused before that, or only its figures were kept."}
        </p>
      ) : (
        <>
          <div className={styles.axis} aria-hidden="true">
            <span className={styles.track}>
              {ticks.map(({ at, ms }) => (
                <em key={ms} style={{ left: `${at}%` }}>
                  {ms === 0 ? "0" : ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`}
                </em>
              ))}
            </span>
          </div>
          <ol className={styles.attempts}>
            {detail.attempts.map(({ attempt }, i) => {
              const bar = bars[i];
              const target = `${attempt.provider}/${attempt.model}`;
              const failed = attempt.outcome === "failed";
              return (
                <li key={attempt.id}>
                  <button
                    type="button"
                    aria-pressed={attempt.id === chosen}
                    title={`Show what went over the wire to ${target}`}
                    data-hue={hueNumberOf(target)}
                    onClick={() => onChoose(attempt.id)}
                  >
                    <span className={styles.number}>{i + 1}</span>
                    <span className={styles.whom}>
                      <i className={styles.dot} data-failed={failed || undefined} />
                      <bdi>{shortName(target)}</bdi>
                    </span>
                    <span className={styles.track} aria-hidden="true">
                      {bar && (
                        <span style={{ left: `${bar.left}%` }} data-failed={failed || undefined}>
                          <i className={styles.waits} style={{ flexBasis: `${bar.waits}%` }} />
                          <i style={{ flexBasis: `${bar.says}%` }} />
                        </span>
                      )}
                    </span>
                    <span className={failed ? styles.bad : styles.end} data-outcome={attempt.outcome}>
                      {failed
                        ? `${attempt.httpStatus ?? ""} ${(attempt.errorKind ?? "failed").replaceAll("_", " ")}`
                        : attempt.outcome === "running"
                          ? "under way"
                          : attempt.outcome === "complete"
                            ? (attempt.httpStatus ?? 200)
                            : attempt.outcome}
                    </span>
                  </button>
                </li>
              );
            })}
          </ol>
        </>
      )}
      {detail.decision?.reason && !detail.decision.routed && (
        <p className={styles.reason}>{detail.decision.reason}</p>
      )}
    </section>
  );
}

function Facts({ detail: { call, title } }: { detail: TrafficDetail }) {
  const { ttftMs, durationMs, usage, usageBy, cost: spent } = figures(call.metrics);
  const tokens = [tokensIn(usage), tokensOut(usage)].filter(Boolean).join(", ");
  const rows: [string, string | null][] = [
    ["Time", new Date(call.at).toLocaleString("en-GB")],
    ["Key", call.keyName],
    ["Client", call.client],
    ["Route", call.route && `${call.route}${call.stream ? ", streamed" : ""}`],
    ["Asked for", askedFor(call)],
    ["Answered by", call.served],
    ["Error", call.state.state === "failed" ? call.state.error.message : null],
    ["First content", ttftMs === null ? null : firstToken(ttftMs)],
    ["Total", durationMs === null ? null : duration(durationMs)],
    ["Tokens", tokens && `${tokens}${usageBy === "estimated" ? ", counted here" : ""}`],
    ["Cost", durationMs === null ? null : cost(spent)],
    ["Asked once", call.idempotencyKey],
    ["Conversation", title],
  ];
  return (
    <dl className={styles.facts}>
      {rows
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
  );
}

type Side = "asked" | "request" | "response";

/** What the caller asked, what was sent on, and what came back. */
function Exchanged({ detail, chosen, onChoose }: Choosing) {
  const [side, setSide] = useState<Side>(detail.body === null ? "response" : "asked");
  const [form, setForm] = useState<Form>("pretty");
  const { attempts, body, call } = detail;
  const shown = attempts.find(({ attempt }) => attempt.id === chosen) ?? attempts.at(-1);
  // Whoever presses an attempt wants to see it.
  const [followed, setFollowed] = useState(chosen);
  if (followed !== chosen) {
    setFollowed(chosen);
    if (side === "asked") setSide("request");
  }
  const kept = body !== null || attempts.some(({ exchange }) => exchange);
  return (
    <section className={styles.right} aria-label="Request and response">
      <div className={styles.bar}>
        <Segments<Side>
          label="What went over the wire"
          value={side}
          onChange={setSide}
          options={[
            { value: "asked", label: "As asked" },
            { value: "request", label: "Sent on" },
            { value: "response", label: "Answer" },
          ]}
        />
        {attempts.length > 1 && side !== "asked" && (
          <Select
            small
            className={styles.which}
            label="Attempt"
            value={shown?.attempt.id ?? null}
            onChange={onChoose}
            options={attempts.map(({ attempt }, i) => ({
              value: attempt.id,
              label: `Attempt ${i + 1}${attempt.httpStatus === null ? "" : `, ${attempt.httpStatus}`}`,
            }))}
          />
        )}
        <span className={styles.space} />
        <FormSwitch value={form} onChange={setForm} />
      </div>
      {!kept ? (
        <p className={styles.nothing}>
          Only the figures of this call were kept: its key, or the settings, say so, or what went over the
          wire has been dropped since.
        </p>
      ) : side === "asked" ? (
        body === null ? (
          <p className={styles.nothing}>What the caller sent was not kept.</p>
        ) : (
          <Sent
            className={styles.wire}
            label="What the caller asked"
            first={`POST ${call.route ?? ""}`}
            headers={call.client ? [["user-agent", call.client]] : []}
            body={body}
            pretty={form === "pretty"}
          />
        )
      ) : shown?.exchange ? (
        <Wire className={styles.wire} exchange={shown.exchange} side={side} pretty={form === "pretty"} />
      ) : (
        <p className={styles.nothing}>Nothing is kept of what went over the wire in this attempt.</p>
      )}
    </section>
  );
}
