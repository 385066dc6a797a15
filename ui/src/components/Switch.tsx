import { Switch as Base } from "@base-ui/react/switch";
import styles from "./Switch.module.css";

type Props = {
  /** What it switches; read out, and shown beside it only by the caller. */
  label: string;
  checked: boolean;
  disabled?: boolean;
  id?: string;
  onChange: (checked: boolean) => void;
};

/** On or off, at once. */
export function Switch({ label, checked, disabled, id, onChange }: Props) {
  return (
    <Base.Root
      id={id}
      className={styles.switch}
      aria-label={label}
      checked={checked}
      disabled={disabled}
      onCheckedChange={(now) => onChange(now)}
    >
      <Base.Thumb className={styles.thumb} />
    </Base.Root>
  );
}
