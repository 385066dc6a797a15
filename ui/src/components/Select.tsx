import { Select as Base } from "@base-ui/react/select";
import { Check, ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "@/lib/classes";
import field from "./Field.module.css";
import popup from "./Popup.module.css";
import styles from "./Select.module.css";

export type Option<T extends string> = {
  value: T;
  label: string;
  /** Quieter words after the label. */
  hint?: string;
  icon?: ReactNode;
  disabled?: boolean;
};

type Props<T extends string> = {
  label: string;
  value: T | null;
  options: readonly Option<T>[];
  onChange: (value: T) => void;
  placeholder?: string;
  disabled?: boolean;
  small?: boolean;
  className?: string;
  /** From {@link Field}. */
  id?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
};

/** One of several, shown when asked for. */
export function Select<T extends string>({
  label,
  value,
  options,
  onChange,
  placeholder = "Choose",
  disabled,
  small,
  className,
  ...rest
}: Props<T>) {
  const chosen = options.find((option) => option.value === value);
  return (
    <Base.Root
      value={value}
      disabled={disabled}
      items={options.map(({ value, label }) => ({ value, label }))}
      onValueChange={(now) => now !== null && onChange(now)}
    >
      <Base.Trigger
        {...rest}
        className={cx(field.input, styles.trigger, small && field.small, className)}
        aria-label={label}
      >
        {chosen?.icon}
        <span className={cx(styles.value, !chosen && styles.none)}>{chosen?.label ?? placeholder}</span>
        <Base.Icon className={styles.icon}>
          <ChevronsUpDown size={12} />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner className={popup.layer} sideOffset={4} alignItemWithTrigger={false}>
          <Base.Popup className={cx(popup.pop, popup.menu, styles.list)}>
            {options.map((option) => (
              <Base.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled}
                className={cx(popup.item, styles.item)}
              >
                <span className={styles.check}>
                  <Base.ItemIndicator>
                    <Check size={14} />
                  </Base.ItemIndicator>
                </span>
                {option.icon}
                <Base.ItemText>{option.label}</Base.ItemText>
                {option.hint && <span className={popup.hint}>{option.hint}</span>}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
