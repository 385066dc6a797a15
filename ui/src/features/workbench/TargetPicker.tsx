import { Popover } from "@base-ui/react/popover";
import { Check, Plus } from "lucide-react";
import { useMemo } from "react";
import { Button, IconButton } from "@/components/Button";
import { FilterList, type Choice } from "@/components/FilterList";
import popup from "@/components/Popup.module.css";
import { cx } from "@/lib/classes";
import { price, shortCount } from "@/lib/figures";
import { hasHue, hueOf } from "@/lib/hues";
import { providerOf } from "@/lib/target";
import { reason, type Model } from "@/ipc";
import { useModels } from "./api";
import { usePicker } from "./focus";
import { MOST_TARGETS, type Place } from "./lineup";
import styles from "./Composer.module.css";

type Props = {
  lineup: readonly Place[];
  onChange: (lineup: readonly Place[]) => void;
  onProviders: () => void;
};

/** Adds and removes targets of the next prompt. It stays open, since one rarely compares one model. */
export function TargetPicker({ lineup, onChange, onProviders }: Props) {
  const open = usePicker((picker) => picker.open);
  const full = lineup.length >= MOST_TARGETS;
  return (
    <Popover.Root open={open} onOpenChange={(now) => usePicker.setState({ open: now })}>
      <Popover.Trigger render={<IconButton label="Add target" />}>
        <Plus size={16} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner
          side="top"
          align="start"
          sideOffset={6}
          collisionPadding={8}
          className={popup.layer}
        >
          <Popover.Popup className={cx(popup.pop, styles.pop)} aria-label="Targets">
            <Models lineup={lineup} onChange={onChange} full={full} />
            <div className={styles.popFoot}>
              <span>
                {full ? `${MOST_TARGETS} targets is the most` : `${lineup.length} of ${MOST_TARGETS} chosen`}
              </span>
              <Button
                kind="ghost"
                small
                onClick={() => {
                  usePicker.setState({ open: false });
                  onProviders();
                }}
              >
                Providers
              </Button>
            </div>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Models({
  lineup,
  onChange,
  full,
}: {
  lineup: readonly Place[];
  onChange: Props["onChange"];
  full: boolean;
}) {
  const { data: models, error } = useModels();
  const choices = useMemo(() => {
    const chosen = new Set(lineup.map((place) => place.target));
    return [...(models ?? [])].sort(byProvider).map((model) => choice(model, chosen.has(model.target), full));
  }, [models, lineup, full]);
  const pick = ({ id }: Choice) => {
    const without = lineup.filter((place) => place.target !== id);
    onChange(without.length < lineup.length ? without : [...lineup, { target: id, branch: null }]);
  };
  return (
    <FilterList
      label="Search models"
      placeholder="Search models"
      choices={choices}
      typed={(query) =>
        query.includes("/") && !query.endsWith("/") && !models?.some((m) => m.target === query)
          ? [asTyped(query, full)]
          : []
      }
      onPick={pick}
      nothing={(query) =>
        error
          ? reason(error)
          : models
            ? `No model matches “${query}”. A full \`provider/model\` can be typed.`
            : "Loading the models"
      }
    />
  );
}

/** What can be asked first, simulated ones after the real ones. */
function byProvider(a: Model, b: Model): number {
  return (
    Number(b.available) - Number(a.available) ||
    Number(a.simulated) - Number(b.simulated) ||
    providerOf(a.target).localeCompare(providerOf(b.target)) ||
    a.name.localeCompare(b.name)
  );
}

function choice(model: Model, selected: boolean, full: boolean): Choice {
  const provider = providerOf(model.target);
  const facts = [
    model.contextWindow !== null && `${shortCount(model.contextWindow)} context`,
    price(model.prices),
  ]
    .filter(Boolean)
    .join(" · ");
  const fact = model.available ? (model.simulated ? "simulated" : facts) : "no key";
  const disabled = !model.available || (full && !selected);
  return {
    id: model.target,
    group: model.simulated
      ? "simulated models, nothing leaves this machine"
      : model.available
        ? provider
        : `${provider}, no key`,
    text: `${model.target} ${model.name} ${model.simulated ? "simulated" : ""}`,
    selected,
    disabled,
    content: (
      <>
        <span className={styles.tick}>{selected && <Check size={14} />}</span>
        {/* Hundreds of models may be listed: only those that were asked take a hue. */}
        <i
          className={styles.dot}
          style={selected || hasHue(model.target) ? { "--m": hueOf(model.target) } : undefined}
        />
        <bdi className={styles.optionName}>
          <span className={styles.optionProvider}>{provider}/</span>
          {model.target.slice(provider.length + 1)}
        </bdi>
        <span className={styles.optionFact}>{fact}</span>
      </>
    ),
  };
}

function asTyped(query: string, disabled: boolean): Choice {
  return {
    id: query,
    group: "As typed",
    text: query,
    disabled,
    content: <bdi className={styles.optionName}>{query}</bdi>,
  };
}
