import { Check, CircleCheck, CircleX, Play } from "lucide-react";
import { State } from "@/components/Badge";
import { Button } from "@/components/Button";
import { Note } from "@/components/Note";
import { duration } from "@/lib/figures";
import { ago } from "@/lib/time";
import type { ProviderStatus } from "@/ipc";
import { test, useChecks } from "./checks";
import styles from "./Providers.module.css";

/** What a test found, step by step, and the button that makes one. */
export function ProviderTest({ provider }: { provider: ProviderStatus }) {
  const check = useChecks((s) => s.checks[provider.id]);
  const found = check?.found ?? null;
  const running = check?.running ?? false;
  const { lastTest } = provider;
  return (
    <section className={styles.test} aria-label={`Test of ${provider.name}`}>
      <div className={styles.testHead}>
        <h3>Test</h3>
        <span role="status">
          {running ? (
            <State icon={null}>asking</State>
          ) : lastTest ? (
            <State
              tone={lastTest.ok ? "ok" : "danger"}
              icon={lastTest.ok ? <CircleCheck size={12} /> : <CircleX size={12} />}
            >
              {lastTest.ok ? "works" : "does not work"}, {duration(lastTest.ms)}, {ago(lastTest.at)}
            </State>
          ) : (
            <State icon={null}>not tested yet</State>
          )}
        </span>
        <span className={styles.space} />
        <Button small busy={running} onClick={() => void test(provider.id)}>
          {!running && <Play size={12} />}
          {running ? "Testing" : found || lastTest ? "Test again" : "Test"}
        </Button>
      </div>
      {typeof found === "string" ? (
        <Note tone="danger" role="alert">
          {found}
        </Note>
      ) : (
        found && (
          <>
            <ul className={styles.steps}>
              {found.steps.map((step, i) => (
                <li key={i} data-ok={step.ok}>
                  {step.ok ? (
                    <Check size={12} role="img" aria-label="worked" />
                  ) : (
                    <CircleX size={12} role="img" aria-label="failed" />
                  )}
                  <span>
                    <b>{step.name}</b> {step.detail}
                  </span>
                  <span className={styles.num}>{step.ms === null ? "" : `${step.ms}\u00a0ms`}</span>
                </li>
              ))}
            </ul>
            {found.problem && (
              <Note tone="danger" role="alert">
                {found.problem.message}
              </Note>
            )}
          </>
        )
      )}
    </section>
  );
}
