import { ChevronDown } from "lucide-react";
import { Button, Keys } from "@/components/Button";
import { Menu } from "@/components/Menu";
import { shortName } from "@/lib/target";
import { askOnly, type Place } from "../lineup";
import type { SendWith } from "./preferences";
import styles from "./Composer.module.css";

type Props = {
  lineup: readonly Place[];
  /** Of their columns, where the targets alone do not tell them apart. */
  numbers: readonly number[] | null;
  places: readonly Place[];
  answering: boolean;
  disabled: boolean;
  sendWith: SendWith;
  onSend: () => void;
};

/** Sends, or queues while the columns are being answered; beside it, to which of them. */
export function SendButton({ lineup, numbers, places, answering, disabled, sendWith, onSend }: Props) {
  const columns = lineup.filter(({ branch }) => branch !== null);
  const nameOf = (place: Place) => {
    const number = numbers?.[lineup.indexOf(place)];
    return number === undefined ? shortName(place.target) : `${number} ${shortName(place.target)}`;
  };
  const one = places.length === 1 && lineup.length > 1 ? places[0] : undefined;
  return (
    <div className={styles.sending}>
      {columns.length > 0 && lineup.length > 1 && (
        <Menu
          align="end"
          trigger={
            <Button
              kind="ghost"
              small
              className={styles.scope}
              aria-label={one ? `Goes to only ${nameOf(one)}` : `Goes to all ${lineup.length} columns`}
            >
              <span className={styles.scopeName}>{one ? `only ${nameOf(one)}` : "to all"}</span>
              <ChevronDown size={12} />
            </Button>
          }
          entries={[
            { label: `All ${lineup.length} columns`, checked: one === undefined, run: () => askOnly(null) },
            "line",
            ...columns.map((place) => ({
              label: `Only ${nameOf(place)}`,
              checked: one?.branch === place.branch,
              run: () => askOnly(place.branch),
            })),
          ]}
        />
      )}
      <Button kind="primary" disabled={disabled} onClick={onSend}>
        <span>
          {answering ? "Queue" : "Send"}
          {places.length > 1 && (
            <span aria-hidden="true">
              {" "}
              {answering ? "for" : "to"} {places.length}
            </span>
          )}
        </span>
        <Keys keys={sendWith === "enter" ? "Enter" : "Mod+Enter"} />
      </Button>
    </div>
  );
}
