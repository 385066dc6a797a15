import { Copy } from "lucide-react";
import { useMemo, useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { copy } from "@/components/copy";
import { Segments } from "@/components/Segments";
import { ErrorState, Skeleton } from "@/components/States";
import { reason, type CompletionId, type Exchange } from "@/ipc";
import { useExchanges } from "../api";
import styles from "./RawView.module.css";

/** More than this is not drawn; it can be copied. */
const MOST_SHOWN = 200_000;

/** What went over the wire for one answer, as it was kept: keys were taken out before that. */
export function RawView({ completion }: { completion: CompletionId }) {
  const { data, error, refetch } = useExchanges(completion);
  const [attempt, setAttempt] = useState<string | null>(null);
  const [side, setSide] = useState<"request" | "response">("request");
  const [form, setForm] = useState<"pretty" | "raw">("pretty");
  const shown = data?.find((exchange) => exchange.attempt === attempt) ?? data?.at(-1);
  return (
    <>
      {error ? (
        <ErrorState title="The record cannot be read" why={reason(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton rows={8} label="Loading" />
      ) : !shown ? (
        <p className={styles.empty}>
          Nothing went over the wire for this answer. Simulated models are asked inside the app.
        </p>
      ) : (
        <>
          <div className={styles.bar}>
            {data.length > 1 && (
              <Segments
                label="Attempt"
                value={shown.attempt}
                onChange={setAttempt}
                options={data.map(({ attempt: id, status }, i) => ({
                  value: id,
                  label: `Attempt ${i + 1}${status === null ? "" : `, ${status}`}`,
                }))}
              />
            )}
            <Segments
              label="Side"
              value={side}
              onChange={setSide}
              options={[
                { value: "request", label: "Request" },
                { value: "response", label: "Response" },
              ]}
            />
            <Segments
              label="Form"
              value={form}
              onChange={setForm}
              options={[
                { value: "pretty", label: "Pretty" },
                { value: "raw", label: "As sent" },
              ]}
            />
          </div>
          <Side exchange={shown} side={side} pretty={form === "pretty"} />
        </>
      )}
    </>
  );
}

function Side({
  exchange,
  side,
  pretty,
}: {
  exchange: Exchange;
  side: "request" | "response";
  pretty: boolean;
}) {
  const request = side === "request";
  const headers = request ? exchange.requestHeaders : exchange.responseHeaders;
  const body = request ? exchange.requestBody : exchange.responseBody;
  const text = useMemo(() => (pretty ? prettyBody(body) : body), [pretty, body]);
  return (
    <div className={styles.side} tabIndex={0} role="group" aria-label={request ? "Request" : "Response"}>
      <p className={styles.first}>
        {request
          ? `${exchange.method} ${exchange.url}`
          : exchange.status === null
            ? "No answer came"
            : `Status ${exchange.status}`}
      </p>
      <table className={styles.headers}>
        <tbody>
          {headers.map(([name, value], i) => (
            <tr key={i}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {!request && exchange.responseCut && (
        <p className={styles.cut}>The body was longer than what is kept: this is its beginning.</p>
      )}
      <div className={styles.bodyHead}>
        <span>Body</span>
        <IconButton label="Copy body" disabled={body === ""} onClick={() => void copy(body)}>
          <Copy size={14} />
        </IconButton>
      </div>
      <pre className={styles.body}>{text.slice(0, MOST_SHOWN) || "empty"}</pre>
      {text.length > MOST_SHOWN && (
        <Button small onClick={() => void copy(body)}>
          {`${text.length - MOST_SHOWN} further characters: copy all`}
        </Button>
      )}
    </div>
  );
}

/** JSON, or a stream of events whose data is JSON, with indentation. */
function prettyBody(body: string): string {
  const whole = pretty(body);
  if (whole !== null) return whole;
  return body
    .split("\n")
    .map((line) => {
      const data = /^data: ?(.*)$/.exec(line)?.[1];
      const json = data === undefined ? pretty(line) : pretty(data);
      return json === null ? line : data === undefined ? json : `data: ${json}`;
    })
    .join("\n");
}

function pretty(text: string): string | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}
