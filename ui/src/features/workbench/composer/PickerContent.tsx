import { useMemo, useState } from "react";
import { Button, Keys } from "@/components/Button";
import { Segments } from "@/components/Segments";
import { shortName } from "@/lib/target";
import { reason, type Target } from "@/ipc";
import { useModels } from "../api";
import { usePicker } from "../focus";
import { MOST_TARGETS, type Place } from "../lineup";
import { usePolicies, useProviderStates } from "./providers";
import { LineupList } from "./LineupList";
import { ModelList } from "./ModelList";
import { entriesOf } from "./models";
import styles from "./TargetPicker.module.css";

export type PickerProps = {
  lineup: readonly Place[];
  /** The line-up with the parameters of its columns, for saving. */
  whole: readonly Place[];
  onChange: (lineup: readonly Place[]) => void;
  onReplace: (branch: string, target: Target) => void;
  onProviders: (provider?: string) => void;
};

const close = () => usePicker.setState({ open: false });

/** What the list of models is: for the line-up with saved ones beside it, or to pick a single one. */
export default function PickerContent({ lineup, whole, onChange, onReplace, onProviders }: PickerProps) {
  const picking = usePicker((picker) => picker.picking);
  const [saved, setSaved] = useState(false);
  const { data: models, error } = useModels();
  const { data: providers } = useProviderStates();
  const { data: policies } = usePolicies();
  const entries = useMemo(
    () => entriesOf(models ?? [], providers ?? [], policies),
    [models, providers, policies],
  );
  const many = picking.for === "lineup";
  const replaced =
    picking.for === "replace" ? lineup.find(({ branch }) => branch === picking.branch) : undefined;
  const chosen = useMemo(
    () => new Set(many ? lineup.map(({ target }) => target) : replaced ? [replaced.target] : []),
    [many, lineup, replaced],
  );
  const full = many && lineup.length >= MOST_TARGETS;
  const pick = (target: Target) => {
    if (picking.for === "lineup") {
      const without = lineup.filter((place) => place.target !== target);
      onChange(without.length < lineup.length ? without : [...lineup, { target, branch: null }]);
      return;
    }
    close();
    if (picking.for === "replace") onReplace(picking.branch, target);
    else picking.onPick(target);
  };
  return (
    <>
      <div className={styles.head}>
        {many ? (
          <Segments
            label="Choose"
            value={saved ? "saved" : "models"}
            options={[
              { value: "models", label: "Models" },
              { value: "saved", label: "Line-ups" },
            ]}
            onChange={(now) => setSaved(now === "saved")}
          />
        ) : (
          <h2 className={styles.title}>
            {picking.for === "one"
              ? picking.title
              : `Ask another model than ${replaced ? shortName(replaced.target) : "this one"}`}
          </h2>
        )}
        <span className={styles.count}>
          {many &&
            (full ? `${MOST_TARGETS} targets is the most` : `${lineup.length} of ${MOST_TARGETS} chosen`)}
        </span>
        <Button
          kind="ghost"
          small
          onClick={() => {
            close();
            onProviders();
          }}
        >
          Providers
        </Button>
      </div>
      {many && saved ? (
        <LineupList
          current={whole}
          onApply={(places) => {
            close();
            onChange(places);
          }}
        />
      ) : (
        <>
          <ModelList
            entries={entries}
            providers={providers ?? []}
            chosen={chosen}
            full={full}
            onPick={pick}
            onProvider={(provider) => {
              close();
              onProviders(provider);
            }}
            nothing={(query) =>
              error
                ? `The models cannot be listed: ${reason(error)}`
                : !models
                  ? "Loading the models"
                  : query
                    ? `No model matches “${query}”. A full \`provider/model\` can be typed.`
                    : "No model fits. Take a filter off, or add a provider."
            }
          />
          <div className={styles.foot} aria-hidden="true">
            <span>
              <Keys keys="Enter" boxed /> {many ? "add or remove" : "choose"}
            </span>
            <span>
              <Keys keys="Alt+S" boxed /> favourite
            </span>
            <span>
              <Keys keys="Escape" boxed /> close
            </span>
          </div>
        </>
      )}
    </>
  );
}
