import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Note } from "@/components/Note";
import { ipc, reason, type CompletionId, type Timestamp, type TrafficCall } from "@/ipc";
import { cost, duration, firstToken } from "@/lib/figures";
import { seconds } from "@/lib/figures";
import { useNow } from "@/lib/time";
import styles from "./Gateway.module.css";

const LOOKS_MS = 1_000;
/** By then a call that was made has arrived. */
const PATIENCE_MS = 15_000;

type Props = { tool: string; on: boolean; onTraffic: (call?: CompletionId) => void };

/** Waits for the next call, and shows it. */
export function TestIt({ tool, on, onTraffic }: Props) {
  const [since, setSince] = useState<Timestamp | null>(null);
  const arrived = useQuery({
    queryKey: ["traffic", "test", since],
    queryFn: async () => {
      const { calls } = await ipc().listTraffic({ from: since, limit: 20 });
      return calls.at(-1) ?? null;
    },
    enabled: since !== null,
    refetchInterval: ({ state }) => (state.data && ended(state.data) ? false : LOOKS_MS),
  });
  const call = since === null ? null : (arrived.data ?? null);
  const waits = since !== null && !call;
  const now = useNow(waits);
  const waited = since === null ? 0 : Math.max(0, now - Date.parse(since));
  return (
    <div className={styles.test}>
      <div className={styles.row}>
        <Button
          disabled={!on}
          onClick={() => setSince(waits ? null : new Date(Date.now()).toISOString())}
          kind={waits ? "plain" : "primary"}
        >
          {waits ? "Stop waiting" : since === null ? "Test it" : "Test it again"}
        </Button>
        <p className={styles.quiet} role="status">
          {!on
            ? "Switch the gateway on to test it."
            : waits
              ? `Waiting for a call. Ask ${tool} something now. ${waited >= 1_000 ? seconds(waited) : ""}`
              : since === null
                ? `Then ask ${tool} something: the call is shown here as it arrives.`
                : ""}
        </p>
      </div>
      {arrived.error && (
        <Note tone="danger" role="alert">
          {reason(arrived.error)}
        </Note>
      )}
      {waits && waited > PATIENCE_MS && (
        <Note tone="info">
          Nothing has come yet. Is the key in place of the placeholder, and was the tool started after it was
          set up?
        </Note>
      )}
      {call && <Arrived call={call} onTraffic={onTraffic} />}
    </div>
  );
}

const ended = ({ state }: TrafficCall) => state.state !== "queued" && state.state !== "streaming";

function Arrived({ call, onTraffic }: { call: TrafficCall; onTraffic: Props["onTraffic"] }) {
  const { state, metrics, served, requested } = call;
  const failed = state.state === "failed";
  const figures = [
    metrics.ttftMs !== null && `first content after ${firstToken(metrics.ttftMs)}`,
    metrics.durationMs !== null && `done after ${duration(metrics.durationMs)}`,
    state.state === "complete" && cost(metrics.cost),
  ].filter(Boolean);
  return (
    <Note
      tone={failed ? "warn" : "ok"}
      role="status"
      actions={
        <Button small onClick={() => onTraffic(call.completion)}>
          Show in Traffic
        </Button>
      }
    >
      <p>
        A call arrived{call.keyName ? ` with the key of ${call.keyName}` : ""}
        {call.client ? `, from ${call.client}` : ""}.
      </p>
      <p>
        {requested === "?/?" ? (
          "It was turned away"
        ) : (
          <>
            It asked for <bdi className={styles.mono}>{requested}</bdi>
          </>
        )}
        {failed ? (
          <>, and failed: {state.error.message}</>
        ) : served ? (
          <>
            , and <bdi className={styles.mono}>{served}</bdi> {ended(call) ? "answered" : "is answering"}
            {figures.length > 0 && `: ${figures.join(", ")}`}
          </>
        ) : null}
        .
      </p>
    </Note>
  );
}
