import { Popover } from "@base-ui/react/popover";
import { Plus } from "lucide-react";
import { lazy, Suspense, useEffect, type RefObject } from "react";
import { IconButton } from "@/components/Button";
import popup from "@/components/Popup.module.css";
import { cx } from "@/lib/classes";
import { usePicker } from "../focus";
import type { PickerProps } from "./PickerContent";
import styles from "./TargetPicker.module.css";

// Not needed for the first paint; there when it is wanted.
const load = () => import("./PickerContent");
const PickerContent = lazy(load);
const SOON_MS = 1_000;

/** The list of models. For the line-up it stays open, since one rarely compares one model. */
export function TargetPicker({ anchor, ...props }: PickerProps & { anchor: RefObject<Element | null> }) {
  const { open, picking, from } = usePicker();
  useEffect(() => {
    const timer = setTimeout(() => void load(), SOON_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Popover.Root
      open={open}
      onOpenChange={(now, { event }) => {
        // The button that adds means the line-up, whatever the list was opened for before.
        if (now)
          usePicker.setState({ open: true, picking: { for: "lineup" }, from: event.target as Element });
        else usePicker.setState({ open: false });
      }}
    >
      <Popover.Trigger render={<IconButton label="Add target" />}>
        <Plus size={16} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner
          anchor={anchor}
          side="top"
          align="start"
          sideOffset={6}
          collisionPadding={8}
          className={popup.layer}
        >
          <Popover.Popup
            className={cx(popup.pop, styles.pop)}
            aria-label={picking.for === "one" ? picking.title : "Targets"}
            finalFocus={() => (from instanceof HTMLElement && from.isConnected ? from : true)}
          >
            <Suspense fallback={<div className={styles.coming} />}>
              <PickerContent {...props} />
            </Suspense>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
