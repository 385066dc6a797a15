import { useMemo, useRef, useState } from "react";
import { Button, Keys } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { notify } from "@/components/toasts";
import { cx } from "@/lib/classes";
import { hueNumberOf } from "@/lib/hues";
import { shortName } from "@/lib/target";
import { ipc, reason, type ConversationId, type ConversationView, type Model } from "@/ipc";
import { askedWith, setLineup, useLineups, type Place } from "../lineup";
import { useParameters } from "../parameters";
import { columnNumbers } from "./columns";
import { ParameterFields, SystemText } from "./ParameterFields";
import { advice, askedIn, badges, emptyForm, formOf, type Field, type Form, type Problems } from "./params";
import styles from "./Parameters.module.css";

type Props = {
  conversation: ConversationId | null;
  view: ConversationView | undefined;
  lineup: readonly Place[];
  models: readonly Model[];
};

const close = () => useParameters.setState({ open: false, column: null });
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** System text and parameters, of all columns or of one. Nothing is changed before it is saved. */
export default function Parameters({ conversation, view, lineup, models }: Props) {
  const asked = useParameters((s) => s.column);
  // The columns as they were when this was opened: what changes behind the dialog does not move its fields.
  const [places] = useState(() => withColumn(lineup, asked, view));
  const [numbers] = useState(() => columnNumbers(places, view));
  const [before] = useState(() => places.map((place) => askedWith(place, view)));
  const [forms, setForms] = useState<readonly Form[]>(() => before.map(formOf));
  const [systemBefore] = useState(
    () => (view ? view.conversation.system : useLineups.getState().newSystem) ?? "",
  );
  const [system, setSystem] = useState(systemBefore);
  const [at, setAt] = useState<number | "all">(() => startAt(places, asked));
  const [told, setTold] = useState<ReadonlySet<Field>>(new Set());
  const [refused, setRefused] = useState(false);
  const [saving, setSaving] = useState(false);
  const fields = useRef<HTMLDivElement>(null);

  const checked = useMemo(
    () => forms.map((form, i) => askedIn(form, before[i]?.params ?? {})),
    [forms, before],
  );
  const modelOf = (i: number) => models.find(({ target }) => target === places[i]?.target);
  const shown = at === "all" ? forms.map((_, i) => i) : [at];
  const problems = pickProblems(shown.map((i) => checked[i]?.problems ?? {}));
  const bad = checked.findIndex(({ problems: all }) => Object.keys(all).length > 0);
  const first = forms[shown[0] ?? 0] ?? emptyForm;
  const mixed = new Set(
    (Object.keys(first) as Field[]).filter((field) =>
      shown.some((i) => !same(forms[i]?.[field], first[field])),
    ),
  );
  const searches = shown.filter((i) => modelOf(i)?.capabilities.webSearch === true);

  const change = <F extends Field>(field: F, value: Form[F]) => {
    setRefused(false);
    setForms((all) =>
      all.map((form, i) => {
        const mine = shown.includes(i) && (field !== "webSearch" || searches.includes(i));
        return mine ? { ...form, [field]: value } : form;
      }),
    );
  };
  const save = async () => {
    if (bad >= 0) {
      // Where it is wrong is where one looks next.
      if (at !== "all" && !shown.some((i) => i === bad)) setAt(bad);
      setRefused(true);
      setTimeout(() => fields.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    setSaving(true);
    try {
      if (system !== systemBefore) {
        if (conversation) await ipc().setConversationSystem(conversation, system.trim() ? system : null);
        else useLineups.setState({ newSystem: system.trim() ? system : null });
      }
      const now = checked.map(({ asked: wanted }) => wanted);
      for (const [i, { target, branch }] of places.entries()) {
        const wanted = now[i];
        if (branch && wanted && !same(wanted, before[i]))
          await ipc().setColumn(branch, { target, ...wanted });
      }
      // Those of existing columns are in their branches; those of new ones are here.
      if (lineup.some(({ branch }) => branch === null))
        setLineup(
          view ?? null,
          lineup.map((place) => {
            const wanted = place.branch === null ? now[places.indexOf(place)] : undefined;
            return wanted ? { ...place, ...wanted } : place;
          }),
        );
      close();
    } catch (error) {
      notify({ text: reason(error), tone: "danger" });
      setSaving(false);
    }
  };

  return (
    <Dialog
      title="System text and parameters"
      open
      onClose={close}
      size="wide"
      initialFocus={() =>
        fields.current?.querySelector<HTMLElement>("textarea, input, button, [tabindex='0']") ?? null
      }
    >
      <div
        className={styles.body}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          event.stopPropagation();
          void save();
        }}
      >
        <ul className={styles.columns} aria-label="Columns">
          <li>
            <button
              type="button"
              className={styles.column}
              aria-current={at === "all" || undefined}
              onClick={() => setAt("all")}
            >
              All columns
            </button>
          </li>
          {places.map((place, i) => {
            const mine = checked[i];
            const wrong = refused && mine && Object.keys(mine.problems).length > 0;
            return (
              <li key={`${place.target} ${place.branch ?? i}`}>
                <button
                  type="button"
                  className={cx(styles.column, wrong && styles.wrong)}
                  aria-current={at === i || undefined}
                  title={place.target}
                  onClick={() => setAt(i)}
                >
                  <i className={styles.dot} data-hue={hueNumberOf(place.target)} />
                  {numbers?.[i] !== undefined && <span className={styles.set}>{numbers[i]}</span>}
                  <span className={styles.name}>{shortName(place.target)}</span>
                  <span className={styles.set}>
                    {wrong
                      ? "to correct"
                      : mine && badges(mine.asked).length > 0
                        ? badges(mine.asked).length
                        : ""}
                  </span>
                </button>
              </li>
            );
          })}
        </ul>
        <div className={styles.fields} key={String(at)} ref={fields}>
          {at === "all" && <SystemText value={system} onChange={setSystem} />}
          {places.length === 0 ? (
            <p className={styles.none}>Choose a model: its parameters are set here.</p>
          ) : (
            <ParameterFields
              form={first}
              mixed={mixed}
              one={at !== "all"}
              problems={refused ? problems : only(problems, told)}
              advice={at === "all" ? {} : advice(first, modelOf(at))}
              model={at === "all" ? undefined : modelOf(at)}
              searches={searches.map((i) => shortName(places[i]?.target ?? ""))}
              inherited={system}
              onChange={change}
              onLeave={(field) => setTold((all) => new Set(all).add(field))}
            />
          )}
        </div>
      </div>
      <footer className={styles.foot}>
        <Button
          kind="ghost"
          onClick={() => {
            setForms((all) => all.map((form, i) => (shown.includes(i) ? emptyForm : form)));
            if (at === "all") setSystem("");
          }}
        >
          Reset {at === "all" ? "all" : "this column"}
        </Button>
        {at !== "all" && places.length > 1 && (
          <Button kind="ghost" onClick={() => setForms((all) => all.map(() => first))}>
            Use for all columns
          </Button>
        )}
        <span className={styles.push} role={refused && bad >= 0 ? "alert" : undefined}>
          {refused && bad >= 0 && "Correct what is marked; nothing was changed"}
        </span>
        <Button onClick={close}>Cancel</Button>
        <Button kind="primary" busy={saving} onClick={() => void save()}>
          Save
          <Keys keys="Mod+Enter" />
        </Button>
      </footer>
    </Dialog>
  );
}

type Column = ReturnType<typeof useParameters.getState>["column"];

/** A column that is not asked at the moment has parameters too. */
function withColumn(
  lineup: readonly Place[],
  column: Column,
  view: ConversationView | undefined,
): readonly Place[] {
  if (!column || !("branch" in column) || lineup.some(({ branch }) => branch === column.branch))
    return lineup;
  const branch = view?.columns.find((other) => other.branch.id === column.branch)?.branch;
  return branch ? [...lineup, { target: branch.target ?? branch.name, branch: branch.id }] : lineup;
}

function startAt(places: readonly Place[], column: Column): number | "all" {
  if (!column) return "all";
  const at = "place" in column ? column.place : places.findIndex(({ branch }) => branch === column.branch);
  return at >= 0 && at < places.length ? at : "all";
}

const pickProblems = (all: readonly Problems[]): Problems =>
  Object.assign({}, ...[...all].reverse()) as Problems;

const only = (problems: Problems, fields: ReadonlySet<Field>): Problems =>
  Object.fromEntries(Object.entries(problems).filter(([field]) => fields.has(field as Field)));
