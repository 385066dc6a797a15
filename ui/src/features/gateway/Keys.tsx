import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { Badge } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Confirm } from "@/components/Confirm";
import { EmptyState, ErrorState, Skeleton } from "@/components/States";
import { notify } from "@/components/toasts";
import { ipc, reason, type VirtualKey } from "@/ipc";
import { ago, day } from "@/lib/time";
import { useVirtualKeys } from "./api";
import styles from "./Gateway.module.css";
import { bounds, stands } from "./issue";
import { IssueDialog } from "./IssueDialog";
import { useIssuing } from "./issuing";

/** The keys that tools show, what they may do, and what they have spent. */
export function Keys() {
  const { data, error, refetch } = useVirtualKeys();
  const issuing = useIssuing(({ open }) => open);
  const [asked, setAsked] = useState<VirtualKey | null>(null);
  const [all, setAll] = useState(false);
  const gone = data?.filter(({ state }) => state !== "active") ?? [];
  const shown = data?.filter(({ state }) => all || state === "active") ?? [];
  return (
    <section className={styles.part} aria-labelledby="gateway-keys">
      <div className={styles.row}>
        <h2 id="gateway-keys">Keys</h2>
        <span className={styles.space} />
        {gone.length > 0 && (
          <Button small kind="ghost" aria-pressed={all} onClick={() => setAll(!all)}>
            {all ? "Hide" : "Show"} {gone.length} that {gone.length === 1 ? "is" : "are"} out of force
          </Button>
        )}
        <Button small onClick={() => useIssuing.setState({ open: true })}>
          <Plus size={12} />
          Issue a key
        </Button>
      </div>
      {error ? (
        <ErrorState title="The keys cannot be listed" why={reason(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton rows={4} label="Looking for keys" />
      ) : data.length === 0 ? (
        <EmptyState icon={<KeyRound size={20} />} title="A key for each tool">
          A tool shows its key with every call. So you see who asked what, and can say how much it may spend,
          which models it may ask, and when it ends. Your providers’ own keys stay here.
        </EmptyState>
      ) : (
        <ul className={styles.keys} aria-label="Keys">
          {shown.map((key) => (
            <Entry key={key.id} of={key} onRevoke={() => setAsked(key)} />
          ))}
        </ul>
      )}
      {issuing && <IssueDialog onClose={() => useIssuing.setState({ open: false })} />}
      <Confirm
        danger
        open={asked !== null}
        title={`Revoke the key of ${asked?.name ?? ""}?`}
        action="Revoke"
        onClose={() => setAsked(null)}
        onConfirm={async () => {
          if (!asked) return;
          await ipc().revokeVirtualKey(asked.id);
          notify({ text: `The key of ${asked.name} is refused from now on` });
        }}
      >
        <p>
          Whoever shows <span className={styles.mono}>{`ork_${asked?.publicId ?? ""}…`}</span> is refused from
          now on. A key that was revoked stays so; the tool needs another.
        </p>
        <p>Its calls, and what they cost, stay in Traffic.</p>
      </Confirm>
    </section>
  );
}

function Entry({ of: key, onRevoke }: { of: VirtualKey; onRevoke: () => void }) {
  const may = bounds(key);
  const { state, expiresAt, revokedAt } = key;
  const ends =
    state === "revoked" && revokedAt
      ? `revoked ${ago(revokedAt)}`
      : expiresAt
        ? `${state === "expired" ? "ended" : "ends"} ${day(expiresAt)}`
        : "does not end";
  return (
    <li className={styles.key} data-state={state}>
      <div className={styles.who}>
        <div className={styles.row}>
          <span className={styles.name}>
            <bdi>{key.name}</bdi>
          </span>
          <span className={styles.mono}>{`ork_${key.publicId}…`}</span>
          {state === "revoked" && <Badge tone="danger">revoked</Badge>}
          {state === "expired" && <Badge tone="warn">expired</Badge>}
          {key.capture !== "full" && <Badge>{key.capture === "off" ? "not listed" : "figures only"}</Badge>}
        </div>
        <p className={styles.quiet}>
          {may === "" ? "May ask every model, but not the native API" : `May: ${may}`}, issued{" "}
          {ago(key.createdAt)}, {ends}
        </p>
      </div>
      <ul className={styles.budgets} aria-label={`Budgets of ${key.name}`}>
        {key.budgets.flatMap(stands).map(({ text, share }) => (
          <li key={text} data-near={share >= 0.9 || undefined}>
            <span>{text}</span>
            <span className={styles.meter} aria-hidden="true">
              <i style={{ width: `${Math.min(100, share * 100)}%` }} />
            </span>
          </li>
        ))}
        {key.budgets.length === 0 && <li>no budget</li>}
      </ul>
      {state === "active" ? (
        <Button small kind="danger" aria-label={`Revoke the key of ${key.name}`} onClick={onRevoke}>
          Revoke
        </Button>
      ) : (
        <span />
      )}
    </li>
  );
}
