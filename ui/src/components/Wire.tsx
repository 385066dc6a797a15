import { Copy } from "lucide-react";
import { useMemo } from "react";
import type { Exchange } from "@/ipc";
import { cx } from "@/lib/classes";
import { prettyBody } from "@/lib/json";
import { Button, IconButton } from "./Button";
import { copy } from "./copy";
import { Segments } from "./Segments";
import styles from "./Wire.module.css";

/** More than this is not drawn; it can be copied. */
const MOST_SHOWN = 200_000;

type Props = {
  exchange: Exchange;
  side: "request" | "response";
  /** With indentation. */
  pretty: boolean;
  /** For its place. */
  className?: string;
};

/** How a body is shown. */
export type Form = "pretty" | "raw";

export function FormSwitch({ value, onChange }: { value: Form; onChange: (form: Form) => void }) {
  return (
    <Segments
      label="Form"
      value={value}
      onChange={onChange}
      options={[
        { value: "pretty", label: "Pretty" },
        { value: "raw", label: "Raw" },
      ]}
    />
  );
}

/** One side of what went over the wire, as it was kept: keys were taken out before that. */
export function Wire({ exchange, side, pretty, className }: Props) {
  const request = side === "request";
  return (
    <Sent
      className={className}
      label={request ? "Request" : "Response"}
      first={
        request
          ? `${exchange.method} ${exchange.url}`
          : exchange.status === null
            ? "No answer came"
            : `Status ${exchange.status}`
      }
      headers={request ? exchange.requestHeaders : exchange.responseHeaders}
      body={request ? exchange.requestBody : exchange.responseBody}
      cut={!request && exchange.responseCut}
      pretty={pretty}
    />
  );
}

/** A head, headers and a body. */
export function Sent({
  label,
  first,
  headers,
  body,
  cut,
  pretty,
  className,
}: {
  label: string;
  first: string;
  headers: readonly [string, string][];
  body: string;
  cut?: boolean;
  pretty: boolean;
  className?: string | undefined;
}) {
  const text = useMemo(() => (pretty ? prettyBody(body) : body), [pretty, body]);
  return (
    <div className={cx(styles.wire, className)} tabIndex={0} role="group" aria-label={label}>
      <p className={styles.first}>{first}</p>
      {headers.length > 0 && (
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
      )}
      {cut && <p className={styles.cut}>The body was longer than what is kept: this is its beginning.</p>}
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
