import { ContextMenu as BaseContext } from "@base-ui/react/context-menu";
import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { cx } from "@/lib/classes";
import { Keys } from "./Button";
import popup from "./Popup.module.css";

export type MenuEntry =
  | {
      label: string;
      icon?: ReactNode;
      /** Its shortcut, shown at the right. */
      keys?: string;
      /** Whose keys these are at first: what the user chose for it is shown instead. */
      command?: string;
      danger?: boolean;
      disabled?: boolean;
      /** Shown with a tick when `true`, with its place kept when `false`. */
      checked?: boolean;
      run: () => void;
    }
  /** A line between groups. */
  | "line"
  /** The name of the group that follows. */
  | { heading: string };

type Props = {
  /** The button that opens it. */
  trigger: ReactElement;
  entries: readonly MenuEntry[];
  align?: "start" | "end";
};

/** What can be done with a thing, behind a button. */
export function Menu({ trigger, entries, align = "start" }: Props) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner className={popup.layer} align={align} sideOffset={4}>
          <Base.Popup className={cx(popup.pop, popup.menu)}>
            <Entries entries={entries} />
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

/** The same, where the right button was pressed, or the menu key. */
export function ContextMenu({
  children,
  entries,
}: {
  /** One element; it gets the handlers. */
  children: ReactElement;
  entries: readonly MenuEntry[];
}) {
  return (
    <BaseContext.Root>
      <BaseContext.Trigger render={children} />
      <BaseContext.Portal>
        <BaseContext.Positioner className={popup.layer}>
          <BaseContext.Popup className={cx(popup.pop, popup.menu)}>
            <Entries entries={entries} />
          </BaseContext.Popup>
        </BaseContext.Positioner>
      </BaseContext.Portal>
    </BaseContext.Root>
  );
}

function Entries({ entries }: { entries: readonly MenuEntry[] }) {
  return entries.map((entry, i) => {
    if (entry === "line") return <Base.Separator key={i} className={popup.line} />;
    if ("heading" in entry)
      return (
        <div key={i} className={popup.heading} role="presentation">
          {entry.heading}
        </div>
      );
    const { label, icon, keys, command, danger, disabled, checked, run } = entry;
    return (
      <Base.Item
        key={i}
        className={popup.item}
        data-danger={danger || undefined}
        disabled={disabled}
        onClick={run}
      >
        {icon}
        <span className={popup.label}>{label}</span>
        {checked !== undefined && <span className={popup.hint}>{checked ? "✓" : ""}</span>}
        {keys && <Keys keys={keys} {...(command && { command })} />}
      </Base.Item>
    );
  });
}
