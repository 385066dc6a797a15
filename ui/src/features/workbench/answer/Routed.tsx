import { Route } from "lucide-react";
import { Suspense, useState } from "react";
import { Dialog } from "@/components/Dialog";
import { Skeleton } from "@/components/States";
import { later } from "@/lib/later";
import { useDetails } from "../api";
import { isLive, type Standing } from "./answer";
import styles from "./answer.module.css";

const DecisionView = later(() => import("@/components/decision").then((module) => module.DecisionView));

/** Whom a route chose, and why: a line of its own from the start, that leads to the whole decision. */
export function Routed({ answer, target }: { answer: Standing; target: string }) {
  const [open, setOpen] = useState(false);
  const { data } = useDetails(answer.completion, answer.state.state);
  const decision = data?.decision ?? null;
  const chosen = decision?.order[0];
  const whom = answer.served ?? chosen;
  const fellBack = answer.served !== null && chosen !== undefined && answer.served !== chosen;
  const why = fellBack
    ? `fell back from ${chosen}`
    : decision?.reason.replace(/^`[^`]*` /, "").replace(/, of \d+ that can answer.*$/, "");
  return (
    <>
      <button
        type="button"
        className={styles.routed}
        disabled={!decision}
        title={decision?.reason}
        data-fell-back={fellBack || undefined}
        aria-label={
          whom ? `Routed to ${whom}${why ? `, ${why}` : ""}: show the decision` : "The route is being decided"
        }
        onClick={() => setOpen(true)}
      >
        <Route size={12} />
        <span>
          {whom ? (
            <>
              routed → <bdi>{whom}</bdi>
              {why && <em>, {why}</em>}
            </>
          ) : isLive(answer) || answer.completion !== null ? (
            "routing…"
          ) : (
            "not routed yet"
          )}
        </span>
      </button>
      {decision && (
        <Dialog title={`Decision of ${target}`} size="wide" open={open} onClose={() => setOpen(false)}>
          <div className={styles.decided} tabIndex={-1}>
            <Suspense fallback={<Skeleton rows={8} label="Opening the decision" />}>
              <DecisionView decision={decision} served={answer.served} />
            </Suspense>
          </div>
        </Dialog>
      )}
    </>
  );
}
