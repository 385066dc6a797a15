import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "@/lib/classes";
import { IconButton } from "./Button";
import styles from "./Dialog.module.css";

type Props = {
  title: string;
  open: boolean;
  onClose: () => void;
  /** `wide` for lists and long texts. */
  size?: "wide" | "palette";
  /** Between title and close button. */
  actions?: ReactNode;
  /** Where the keyboard begins; else at the first thing that takes it. */
  initialFocus?: () => HTMLElement | null;
  children: ReactNode;
};

/** A layer that is known by its title. Esc closes it, and the focus goes back to where it was. */
export function Dialog({ title, open, onClose, size, actions, initialFocus, children }: Props) {
  return (
    <Base.Root open={open} onOpenChange={(now) => !now && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.scrim} />
        <Base.Popup
          aria-modal
          className={cx(styles.dialog, size && styles[size])}
          initialFocus={initialFocus}
        >
          <div className={size === "palette" ? "srOnly" : styles.head}>
            <Base.Title className={styles.title}>{title}</Base.Title>
            {actions}
            {size !== "palette" && (
              <Base.Close render={<IconButton label="Close" large />}>
                <X size={16} />
              </Base.Close>
            )}
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
