import { Download, Eraser, GraduationCap } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/components/Button";
import { Lines } from "@/components/charts/Lines";
import { Meters } from "@/components/charts/Meters";
import { Panel } from "@/components/charts/Panel";
import { slotsOf, stepName } from "@/components/charts/scale";
import { Confirm } from "@/components/Confirm";
import { Menu } from "@/components/Menu";
import { saveTable } from "@/components/saveTable";
import { Segments } from "@/components/Segments";
import { Select } from "@/components/Select";
import { EmptyState, ErrorState, Skeleton } from "@/components/States";
import { Table, TableRow } from "@/components/Table";
import { notify } from "@/components/toasts";
import { ipc, reason, type LearnedTarget, type PromptClass, type RouteCount, type Target } from "@/ipc";
import { asCsv } from "@/lib/csv";
import { count, firstToken, usd } from "@/lib/figures";
import { hueOf } from "@/lib/hues";
import { shortName } from "@/lib/target";
import { ago } from "@/lib/time";
import { useAnalytics, useCourse, useLearned } from "./api";
import { backs, courses, hoursOf, slotsBack, type Back } from "./course";
import styles from "./Routing.module.css";
import { className, measures, moving, plural } from "./words";

/** Only what is compared at a glance; the table and the files have all. */
const MOST_BARS = 12;
const MOST_LINES = 6;

/** What calls and votes have taught routes, and what they chose. */
export function LearnedPage() {
  const learned = useLearned();
  const analytics = useAnalytics();
  const [of, setOf] = useState<PromptClass | "all">("all");
  const [back, setBack] = useState<Back>("now");
  const course = useCourse(hoursOf(back));
  const [forgetting, setForgetting] = useState<Target | "all" | null>(null);
  const all = learned.data ?? [];
  const classes = [...new Set(all.flatMap((one) => one.class ?? []))].sort();
  const shown = classes.includes(of as PromptClass) ? of : "all";
  const rows = all.filter((one) => (one.class ?? "all") === shown);
  return (
    <>
      <header className={styles.bar}>
        <GraduationCap size={14} aria-hidden="true" />
        <h1>What was learned</h1>
        <Select
          small
          className={styles.select}
          label="Class of prompts"
          value={shown}
          options={[
            { value: "all" as const, label: "all classes" },
            ...classes.map((value) => ({ value, label: value })),
          ]}
          onChange={setOf}
        />
        <Segments label="Time" value={back} options={[...backs]} onChange={setBack} />
        <span className={styles.space} />
        <Menu
          align="end"
          trigger={
            <Button small kind="ghost" disabled={all.length === 0}>
              <Download size={12} />
              Export
            </Button>
          }
          entries={[
            {
              label: "Everything as CSV",
              run: () => void saveTable("learned.csv", asCsv(...tableOf(all))),
            },
            {
              label: "Everything as JSON",
              run: () => void saveTable("learned.json", JSON.stringify(all, null, 2)),
            },
          ]}
        />
        <Button small kind="ghost" disabled={all.length === 0} onClick={() => setForgetting("all")}>
          <Eraser size={12} />
          Forget all…
        </Button>
      </header>
      <div className={styles.scroll} tabIndex={-1}>
        {learned.error && !learned.data ? (
          <ErrorState
            title="What was learned cannot be read"
            why={reason(learned.error)}
            onRetry={() => void learned.refetch()}
          />
        ) : !learned.data ? (
          <Skeleton rows={10} label="Reading what was learned" />
        ) : all.length === 0 ? (
          <EmptyState icon={<GraduationCap size={20} />} title="Nothing was learned yet">
            Each call and each vote teaches routes how fast, how reliable, how dear and how liked a model is.
            What is old counts less with each day. Simulated models teach nothing, and nothing of it leaves
            this machine.
          </EmptyState>
        ) : (
          <>
            <p className={styles.explained}>
              Means of what was observed: each observation counts 4 % less with every further one (failures
              one percent, votes half a percent) and half after twelve hours (votes ninety days). What holds
              for all classes counts a quarter beside what was seen of a class itself, votes as six at most.
            </p>
            {back === "now" ? (
              <div className={styles.panels}>
                {measures.map((measure) => (
                  <Measured key={measure.name} measure={measure} rows={rows} of={shown} />
                ))}
              </div>
            ) : course.error && !course.data ? (
              <ErrorState
                title="How it moved cannot be read"
                why={reason(course.error)}
                onRetry={() => void course.refetch()}
              />
            ) : !course.data ? (
              <Skeleton rows={10} label="Reading how it moved" />
            ) : (
              <Moved
                rows={course.data.filter((one) => (one.class ?? "all") === shown)}
                back={back}
                at={course.dataUpdatedAt}
                of={shown}
              />
            )}
            <section className={styles.part} aria-label="Observed targets">
              <header className={styles.title}>
                <h2>Observed models</h2>
                <span className={styles.quiet}>{className(shown === "all" ? null : shown)}</span>
              </header>
              <Observed rows={rows} onForget={setForgetting} />
            </section>
          </>
        )}
        <section className={styles.part} aria-label="What routes chose">
          <header className={styles.title}>
            <h2>What routes chose</h2>
            <span className={styles.quiet}>
              within 7 days{analytics.data && `, ${plural(analytics.data.decisions, "decision")}`}
            </span>
          </header>
          {analytics.error && !analytics.data ? (
            <ErrorState
              title="The decisions cannot be counted"
              why={reason(analytics.error)}
              onRetry={() => void analytics.refetch()}
            />
          ) : !analytics.data ? (
            <Skeleton rows={5} label="Counting decisions" />
          ) : analytics.data.counts.length === 0 ? (
            <p className={styles.said}>
              No route was asked within 7 days. Ask <code>auto</code> in a conversation, or name it as the
              model in a tool.
            </p>
          ) : (
            <Chosen counts={analytics.data.counts} />
          )}
        </section>
      </div>
      <Confirm
        title={
          forgetting === "all" ? "Forget all that was learned?" : `Forget what was learned of ${forgetting}?`
        }
        open={forgetting !== null}
        onClose={() => setForgetting(null)}
        action="Forget"
        danger
        onConfirm={async () => {
          const forgotten = await ipc().forgetLearned(forgetting === "all" ? null : forgetting);
          notify({ text: `Forgot what was learned of ${plural(forgotten, "model")}` });
        }}
      >
        Routes go by published scores and prices alone until new calls have taught them. Votes, decisions and
        conversations stay as they are.
      </Confirm>
    </>
  );
}

/** How each measure moved, of those who were observed most; the table and the file have all. */
function Moved({
  rows,
  back,
  at,
  of,
}: {
  rows: readonly LearnedTarget[];
  back: Back;
  at: number;
  of: string;
}) {
  const span = slotsBack(back, at);
  const slots = slotsOf(span);
  return (
    <div className={styles.panels}>
      {moving.map(({ name, label, about, write }) => {
        const all = courses(rows, name, span);
        return (
          <Panel
            key={name}
            title={label}
            about={`${about}; by ${stepName[span.step]}`}
            file={`learned-${name}-${of}-${back}`}
            figures={() => ({
              head: ["From", ...all.map(({ target }) => target)],
              rows: slots.map(({ from }, slot) => [from, ...all.map(({ values }) => values[slot] ?? null)]),
            })}
          >
            {all.length === 0 ? (
              <p className={styles.quiet}>Nothing was observed in this time.</p>
            ) : (
              <Lines
                label={label}
                slots={slots}
                lines={all.slice(0, MOST_LINES).map(({ target, values }) => ({
                  name: shortName(target),
                  colour: hueOf(target),
                  values,
                }))}
                write={write}
                height={200}
              />
            )}
          </Panel>
        );
      })}
    </div>
  );
}

type Measure = (typeof measures)[number];

function Measured({ measure, rows, of }: { measure: Measure; rows: readonly LearnedTarget[]; of: string }) {
  const { name, label, about, write, full } = measure;
  const seen = rows
    .flatMap(({ target, measures: all }) => {
      const one = all.find((each) => each.measure === name);
      return one && one.mean !== null ? [{ target, mean: one.mean, weight: one.weight ?? 0 }] : [];
    })
    .sort((a, b) => (name === "firstMs" || name === "costRatio" ? a.mean - b.mean : b.mean - a.mean));
  const longest = full ?? Math.max(1e-9, ...seen.map(({ mean }) => mean));
  return (
    <Panel
      title={label}
      about={about}
      file={`learned-${name}-${of}`}
      figures={() => ({
        head: ["Target", label, "Observations that count"],
        rows: seen.map(({ target, mean, weight }) => [target, mean, Number(weight.toFixed(2))]),
      })}
    >
      {seen.length === 0 ? (
        <p className={styles.quiet}>Nothing was observed.</p>
      ) : (
        <Meters
          label={label}
          meters={seen.slice(0, MOST_BARS).map(({ target, mean, weight }) => ({
            id: target,
            name: shortName(target),
            dot: hueOf(target),
            share: mean / longest,
            value: write(mean),
            colour: hueOf(target),
            title: `${target}: ${write(mean)}, of about ${plural(Math.round(weight), "observation")}`,
            ...(name === "costRatio" && { tick: 1 / longest }),
          }))}
        />
      )}
    </Panel>
  );
}

function Observed({
  rows,
  onForget,
}: {
  rows: readonly LearnedTarget[];
  onForget: (target: Target) => void;
}) {
  return (
    <Table
      label="Observed models"
      columns={[
        { title: "Target" },
        ...measures.map(({ name, label }) => ({
          title: name === "costRatio" ? "Cost" : label,
          width: "86px",
          right: true,
          extra: name === "costRatio" || name === "reliable",
        })),
        { title: "Last", width: "92px", right: true, extra: true },
        { title: "Forget", width: "52px", silent: true },
      ]}
    >
      {rows.map(({ target, at, measures: all }) => (
        <TableRow key={target}>
          <td title={target}>
            <bdi>{target}</bdi>
          </td>
          {measures.map(({ name, write }) => {
            const mean = all.find((one) => one.measure === name)?.mean ?? null;
            return (
              <td
                key={name}
                data-right
                data-extra={name === "costRatio" || name === "reliable" ? "true" : undefined}
              >
                {mean === null ? <span className={styles.quiet}>–</span> : write(mean)}
              </td>
            );
          })}
          <td data-right data-extra="true">
            {ago(at)}
          </td>
          <td>
            <IconButton label={`Forget ${target}…`} onClick={() => onForget(target)}>
              <Eraser size={14} />
            </IconButton>
          </td>
        </TableRow>
      ))}
    </Table>
  );
}

/** Whom policies chose for which class, and what came of it. */
function Chosen({ counts }: { counts: readonly RouteCount[] }) {
  const most = Math.max(1, ...counts.map(({ decisions }) => decisions));
  return (
    <Table
      label="What routes chose"
      columns={[
        { title: "Chosen" },
        { title: "Policy", width: "110px" },
        { title: "Class", width: "88px" },
        { title: "Decisions", width: "150px" },
        { title: "Tries", width: "60px", right: true, extra: true },
        { title: "Kept", width: "60px", right: true, extra: true },
        { title: "Fell back", width: "80px", right: true },
        { title: "First", width: "72px", right: true, extra: true },
        { title: "Cost", width: "80px", right: true },
      ]}
    >
      {counts.map((one) => (
        <TableRow key={`${one.policy} ${one.class} ${one.chosen}`}>
          <td title={one.chosen}>
            <bdi>{one.chosen}</bdi>
          </td>
          <td>{one.policy}</td>
          <td>{one.class}</td>
          <td>
            <span className={styles.used}>
              <span className={styles.meter} aria-hidden="true">
                <i style={{ width: `${(one.decisions / most) * 100}%`, background: hueOf(one.chosen) }} />
              </span>
              <span>{count(one.decisions)}</span>
            </span>
          </td>
          <td data-right data-extra="true">
            {count(one.explored)}
          </td>
          <td data-right data-extra="true">
            {count(one.kept)}
          </td>
          <td data-right>{count(one.fellBack)}</td>
          <td data-right data-extra="true">
            {one.meanFirstMs === null ? "–" : firstToken(one.meanFirstMs)}
          </td>
          <td data-right>{usd(one.cost)}</td>
        </TableRow>
      ))}
    </Table>
  );
}

function tableOf(all: readonly LearnedTarget[]): Parameters<typeof asCsv> {
  return [
    ["target", "class", "measure", "mean", "observations", "last"],
    all.flatMap(({ target, class: of, at, measures: each }) =>
      each.map(({ measure, mean, weight }) => [target, of ?? "", measure, mean, weight, at]),
    ),
  ];
}
