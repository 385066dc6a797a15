import { useQuery } from "@tanstack/react-query";
import { Command, Lock, Plug, TriangleAlert } from "lucide-react";
import { Suspense } from "react";
import { GatewayItem } from "@/features/gateway";
import { useKeyPlaces, useProviders } from "@/features/providers";
import { useStreamingCount } from "@/features/conversations";
import { useLiveCount } from "@/features/workbench";
import { later } from "@/lib/later";
import { Keys } from "@/components/Button";
import { ipc, reason } from "@/ipc";
import styles from "./App.module.css";
import { toSettings } from "./commands";
import { useFrame } from "./frame";
import { openModels, openRouting, openTraffic } from "./tabs";

const CatalogItem = later(() => import("./Models").then((module) => module.CatalogItem));
const RoutingItem = later(() => import("./Routing").then((module) => module.RoutingItem));

/** How it stands with providers, configuration and storage. */
export function StatusBar() {
  const { data: providers } = useProviders();
  const { data: places } = useKeyPlaces();
  const { data: status, error } = useQuery({
    queryKey: ["status"],
    queryFn: () => ipc().engineStatus(),
    refetchInterval: 5_000,
  });
  const elsewhere = useStreamingCount();
  const here = useLiveCount();
  const live = Math.max(here, elsewhere);
  const usable = providers?.filter((p) => p.enabled && (p.key === "present" || p.key === "notNeeded")).length;
  const storage = error ? reason(error) : status?.storageProblem;
  const saved = storage ? "Not saved" : status ? (status.saved ? "Saved" : "Saving") : "";
  return (
    <footer className={styles.status} aria-label="Status">
      <GatewayItem onOpen={() => toSettings("gateway")} onCalls={openTraffic} />
      <button type="button" onClick={() => toSettings("providers")}>
        <Plug size={12} />
        {usable === undefined ? "providers" : `${usable} ${usable === 1 ? "provider" : "providers"}`}
      </button>
      {places && ["locked", "waiting", "failed"].includes(places.keychain) && (
        <button type="button" className={styles.warn} onClick={() => toSettings("providers")}>
          <Lock size={12} />
          keychain {places.keychain === "waiting" ? "has not answered" : places.keychain}
        </button>
      )}
      <Suspense>
        <RoutingItem onOpen={openRouting} />
        <CatalogItem onOpen={openModels} />
      </Suspense>
      {status?.configProblem && (
        <span className={styles.warn} title={status.configProblem}>
          <TriangleAlert size={12} />
          <span className={styles.cut}>{status.configProblem}</span>
        </span>
      )}
      <span className={styles.push} />
      {live > 0 && <span className={styles.num}>{live} live</span>}
      {/* The name is what a screen reader and a test ask for. */}
      <span
        role="status"
        aria-label={saved || undefined}
        className={storage ? styles.bad : undefined}
        title={storage ?? (status ? `In ${status.home}` : undefined)}
      >
        {storage && <TriangleAlert size={12} />}
        {storage ? <span className={styles.cut}>not saved: {storage}</span> : saved.toLowerCase()}
      </span>
      <button type="button" onClick={() => useFrame.setState({ palette: true })}>
        <Command size={12} />
        <span className="srOnly">All commands</span>
        <Keys command="palette.open" keys="Mod+K" />
      </button>
    </footer>
  );
}
