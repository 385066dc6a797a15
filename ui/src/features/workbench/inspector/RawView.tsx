import { useState } from "react";
import { Segments } from "@/components/Segments";
import { ErrorState, Skeleton } from "@/components/States";
import { FormSwitch, Wire, type Form } from "@/components/Wire";
import { reason, type CompletionId } from "@/ipc";
import { useExchanges } from "../api";
import styles from "./RawView.module.css";

/** What went over the wire for one answer, as it was kept: keys were taken out before that. */
export function RawView({ completion }: { completion: CompletionId }) {
  const { data, error, refetch } = useExchanges(completion);
  const [attempt, setAttempt] = useState<string | null>(null);
  const [side, setSide] = useState<"request" | "response">("request");
  const [form, setForm] = useState<Form>("pretty");
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
            <FormSwitch value={form} onChange={setForm} />
          </div>
          <Wire className={styles.side} exchange={shown} side={side} pretty={form === "pretty"} />
        </>
      )}
    </>
  );
}
