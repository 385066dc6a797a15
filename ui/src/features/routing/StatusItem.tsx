import { Bug, CircleX, TriangleAlert } from "lucide-react";
import { providerOf } from "@/lib/target";
import { useBreakers, useFaults } from "./api";
import styles from "./StatusItem.module.css";
import { showPage } from "./view";
import { plural } from "./words";

/** Who is left alone, and which faults are simulated, where everybody sees it. */
export function RoutingItem({ onOpen }: { onOpen: () => void }) {
  const { data: breakers } = useBreakers(false);
  const { data: faults } = useFaults(false);
  const bad = (breakers ?? []).filter(({ state }) => state !== "closed");
  const open = bad.some(({ state }) => state === "open");
  const first = bad[0];
  const lead = (page: "health" | "faults") => () => {
    showPage(page);
    onOpen();
  };
  return (
    <>
      {first && (
        <button
          type="button"
          className={open ? styles.bad : styles.warn}
          title={bad.map(({ target }) => target).join("\n")}
          onClick={lead("health")}
        >
          {open ? <CircleX size={12} /> : <TriangleAlert size={12} />}
          {bad.length === 1
            ? `${providerOf(first.target)} ${open ? "open" : "half-open"}`
            : plural(bad.length, "breaker")}
        </button>
      )}
      {faults !== undefined && faults.length > 0 && (
        <button type="button" className={styles.warn} onClick={lead("faults")}>
          <Bug size={12} />
          {plural(faults.length, "simulated fault")}
        </button>
      )}
    </>
  );
}
