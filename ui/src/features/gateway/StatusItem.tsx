import { Radio, TriangleAlert } from "lucide-react";
import { counted } from "@/lib/sizes";
import { useGateway } from "./api";
import styles from "./StatusItem.module.css";

/** How the gateway is, in the status bar. */
export function GatewayItem({ onOpen, onCalls }: { onOpen: () => void; onCalls: () => void }) {
  const { data } = useGateway();
  const address = data?.url?.replace(/^https?:\/\//, "") ?? null;
  const bad = data?.problem ?? null;
  return (
    <>
      <button
        type="button"
        onClick={onOpen}
        title={bad ?? undefined}
        className={bad ? styles.bad : undefined}
      >
        {bad ? <TriangleAlert size={12} /> : <Radio size={12} />}
        {bad ? (
          "gateway does not listen"
        ) : address ? (
          <>
            gateway <span className={styles.address}>{address}</span>
          </>
        ) : (
          "gateway off"
        )}
      </button>
      {data && data.calls > 0 && (
        <button type="button" onClick={onCalls} className={styles.calls}>
          {counted(data.calls, "call")}
        </button>
      )}
    </>
  );
}
