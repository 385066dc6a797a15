import { Skeleton, ErrorState } from "@/components/States";
import { reason } from "@/ipc";
import { usePolicies } from "./api";
import { FaultsPage } from "./FaultsPage";
import { HealthPage } from "./HealthPage";
import { LearnedPage } from "./LearnedPage";
import { PolicyPage } from "./PolicyPage";
import styles from "./Routing.module.css";
import { TryPage } from "./TryPage";
import { useView } from "./view";

type Props = {
  /** To where providers are added. */
  onProviders: () => void;
};

/** Whom routes choose, by which policies, and what they go by. */
export function Routing({ onProviders }: Props) {
  const page = useView((view) => view.page);
  const policies = usePolicies();
  const { data, error, refetch } = policies;
  return (
    <main className={styles.page} aria-label="Routing">
      {page === "health" ? (
        <HealthPage />
      ) : page === "learned" ? (
        <LearnedPage />
      ) : page === "faults" ? (
        <FaultsPage />
      ) : error && !data ? (
        <ErrorState title="The policies cannot be read" why={reason(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton rows={12} label="Reading the policies" />
      ) : page === "try" ? (
        <TryPage policies={data} onProviders={onProviders} />
      ) : (
        <PolicyPage policies={data} onProviders={onProviders} />
      )}
    </main>
  );
}
